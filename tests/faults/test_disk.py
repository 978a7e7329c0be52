"""The disk is full for a while (R7)."""

import asyncio
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from penstock.server.database import DBInterface, provide_database_interface
from tests.faults.conftest import Report
from tests.faults.fleet import KillableServer, running_fleet
from tests.faults.load import Load
from tests.faults.sizes import chance_of, patience, sized

DISK_BYTES = 24 * 1024 * 1024

pytestmark = [
    patience,
    pytest.mark.usefixtures("database_kind"),
    pytest.mark.only_on("sqlite", reason="PostgreSQL looks after its own disk"),
]


class Disk:
    """A folder with an end: a small file system of its own where that may be made.

    Elsewhere the server's files may not grow, which SQLite meets as a failed write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
        made = (
            subprocess.run(["mount", *options], capture_output=True, check=False)
            if not os.geteuid()
            else None
        )
        self.is_its_own = made is not None and made.returncode == 0

    def fill(self, server: KillableServer) -> None:
        """Leave no room."""
        if not self.is_its_own:
            smallest = min(path.stat().st_size for path in self.folder.glob("*.db*"))
            _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (smallest, hard))
            return
        with (self.folder / "ballast").open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"\0" * 4096)
            except OSError:
                return

    def make_room(self, server: KillableServer) -> None:
        """Give the room back."""
        if self.is_its_own:
            (self.folder / "ballast").unlink()
            return
        _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def close(self) -> None:
        if self.is_its_own:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "disk")
    yield disk
    disk.close()


async def test_disk_full(disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report) -> None:
    """Writes are answered 503, nothing is corrupted, and all goes on when there is room again."""
    times, chance = sized(1, 50), chance_of("disk full")
    url = f"sqlite+aiosqlite:///{disk.folder / 'penstock.db'}"
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", url)
    db: DBInterface = provide_database_interface()
    await db.create_db()
    async with (
        running_fleet(url, 1, tmp_path) as [server],
        Load(db, [server.address], chance) as load,
    ):
        for _ in range(times):
            await load.until_completed(3)
            before = load.journal.answers[503]
            disk.fill(server)
            async with asyncio.timeout(60):
                while load.journal.answers[503] == before:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(chance.uniform(0.5, 5.0))
            disk.make_room(server)
        await load.until_completed(1)
        verdict = await load.finish()
    async with db.engine.connect() as connection:
        said = await connection.scalar(sa.text("PRAGMA integrity_check"))
    verdict.problems += [] if said == "ok" else [f"integrity_check: {said}"]
    await db.dispose()
    how = "a full file system" if disk.is_its_own else "files that may not grow (RLIMIT_FSIZE)"
    report("disk full", f"{times} times {how}", verdict)
