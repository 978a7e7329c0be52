"""Clocks that are wrong or jump: only the database's clock judges, and its jumps end no lease (R6)."""

import asyncio
from pathlib import Path

import pytest

from penstock.server.database import DBInterface
from tests.faults.conftest import Report
from tests.faults.fleet import running_fleet
from tests.faults.load import Load
from tests.faults.sizes import chance_of, patience, sized

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))

pytestmark = [
    patience,
    pytest.mark.skipif(not LIBRARIES, reason="libfaketime is not there: install Debian's package faketime"),
]


def _faked(clock: str) -> dict[str, str]:
    """Return the environment of a process whose wall clock is off; intervals pass as they do."""
    return {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME": clock}


@pytest.mark.only_on("postgresql", reason="on SQLite the server's clock is the database's")
async def test_clocks_differ(db: DBInterface, database_kind: str, tmp_path: Path, report: Report) -> None:
    """One server is ten minutes ahead, the other ten minutes behind; the database is right."""
    crashes, chance = sized(3, 200), chance_of("clocks differ")
    url = db.dialect.url.render_as_string(hide_password=False)
    async with running_fleet(url, 2, tmp_path) as servers:
        for server, clock in zip(servers, ("+10m", "-10m"), strict=True):
            await server.stop()
            await server.start(_faked(clock))
        async with Load(db, [server.address for server in servers], chance) as load:
            for _ in range(crashes):
                await load.until_completed(3)
                load.crash_a_worker()
            verdict = await load.finish()
    report("clocks of servers 20 minutes apart", f"+10 and -10 minutes, {crashes} kills of workers", verdict)


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """A file that says how far off the clock is, read anew each time."""
    file = tmp_path / "clock"
    file.write_text("+0\n")
    return file


@pytest.mark.only_on("sqlite", reason="on PostgreSQL the database's clock is that of another machine")
async def test_clock_jumps(
    db: DBInterface, database_kind: str, tmp_path: Path, clock: Path, report: Report
) -> None:
    """The clock of the server, which is the database's, jumps ten minutes ahead and back under load."""
    jumps, chance = sized(2, 100), chance_of("clock jumps")
    url = db.dialect.url.render_as_string(hide_password=False)
    environment = {
        **_faked("+0"), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_CACHE_DURATION": "1"
    }  # fmt: skip
    del environment["FAKETIME"]
    async with (
        running_fleet(url, 1, tmp_path, environment) as [server],
        Load(db, [server.address], chance) as load,
    ):
        for number in range(jumps):
            await load.until_completed(3)
            clock.write_text(("+0\n", "+600\n")[(number + 1) % 2])
            await asyncio.sleep(chance.uniform(1.0, 3.0))
        verdict = await load.finish()
    verdict.problems += [f"{one} was taken away" for one in load.journal.executions if not one.is_done]
    report("clock of server and database jumps", f"{jumps} jumps by 10 minutes, ahead and back", verdict)
