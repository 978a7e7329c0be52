"""PostgreSQL restarts, throws everybody out, or stays away for longer than a lease (R3, R5)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from penstock.server.database import DBInterface, provide_database_interface
from tests.faults.conftest import Report
from tests.faults.fleet import GRACE_SECONDS, LEASE_SECONDS, running_fleet
from tests.faults.load import Load
from tests.faults.postgres import RestartablePostgres
from tests.faults.sizes import chance_of, patience, shaped, sized

pytestmark = [
    patience,
    pytest.mark.usefixtures("database_kind"),
    pytest.mark.only_on("postgresql", reason="SQLite lives in the server's process"),
]


@pytest.fixture
async def postgres() -> AsyncIterator[RestartablePostgres]:
    """A PostgreSQL server of this campaign's own."""
    server = await asyncio.to_thread(RestartablePostgres)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture
async def db(postgres: RestartablePostgres, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DBInterface]:
    """The migrated database of that server."""
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", postgres.url)
    db = provide_database_interface()
    await db.create_db()
    yield db
    await db.dispose()


async def test_database_restarts(
    postgres: RestartablePostgres, db: DBInterface, tmp_path: Path, report: Report
) -> None:
    """Whoever asks meanwhile is told to come again (503, Retry-After); there is never a 500."""
    restarts, chance = sized(2, 100), chance_of("database restarts")
    async with (
        running_fleet(postgres.url, shaped(1, 2), tmp_path) as servers,
        Load(db, [server.address for server in servers], chance) as load,
    ):
        for number in range(restarts):
            await load.until_completed(3)
            await asyncio.to_thread(postgres.restart, "immediate" if number % 2 else "fast")
        await load.until_completed(1)
        verdict = await load.finish()
    report(
        "PostgreSQL restarted under load", f"{restarts} restarts, every other one without a shutdown", verdict
    )


async def test_connections_terminated(
    postgres: RestartablePostgres, db: DBInterface, tmp_path: Path, report: Report
) -> None:
    """All connections of the servers are cut at once, again and again."""
    storms, chance = sized(8, 1000), chance_of("connections terminated")
    terminated = 0
    async with (
        running_fleet(postgres.url, shaped(1, 2), tmp_path) as servers,
        Load(db, [server.address for server in servers], chance) as load,
    ):
        for _ in range(storms):
            await asyncio.sleep(chance.uniform(0, 0.6))
            terminated += await _terminate_all(db)
        await load.until_completed(3)
        verdict = await load.finish()
    report("storms of pg_terminate_backend", f"{storms} storms, {terminated} connections cut", verdict)


async def test_database_away(
    postgres: RestartablePostgres, db: DBInterface, tmp_path: Path, report: Report
) -> None:
    """Workers are answered 503 for longer than a lease, keep their jobs, and no attempt is taken away."""
    absences, chance = sized(1, 20), chance_of("database away")
    away = LEASE_SECONDS + GRACE_SECONDS + 0.5
    async with (
        running_fleet(postgres.url, 1, tmp_path) as [server],
        Load(db, [server.address], chance, trusts_unavailable=True) as load,
    ):
        for _ in range(absences):
            await load.until_completed(3)
            await asyncio.to_thread(postgres.shut_down)
            await asyncio.sleep(away)
            await asyncio.to_thread(postgres.start)
        await load.until_completed(1)
        verdict = await load.finish()
    verdict.problems += [f"{one} was taken away" for one in load.journal.executions if not one.is_done]
    verdict.problems += [] if load.journal.answers[503] else ["nobody was answered 503"]
    report("PostgreSQL away for longer than a lease", f"{absences} absences of {away:g} s", verdict)


async def _terminate_all(db: DBInterface) -> int:
    others = sa.text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with db.engine.connect() as connection:
        return int(await connection.scalar(others) or 0)
