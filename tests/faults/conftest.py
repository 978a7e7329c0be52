"""Every campaign has a database of its own, and says what it did."""

from collections.abc import AsyncIterator, Callable

import pytest

from penstock.server.database import DBInterface, provide_database_interface
from tests.faults.pages import Row, write
from tests.faults.sizes import command_of
from tests.faults.verdicts import Verdict

Report = Callable[..., None]


@pytest.fixture
async def db(bare_database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DBInterface]:
    """A migrated, empty database that only this campaign uses."""
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", bare_database_url)
    db = provide_database_interface()
    await db.create_db()
    yield db
    await db.dispose()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Take the outcome of a campaign down, then fail if it is not as it must be."""

    def take_down(campaign: str, faults: str, verdict: Verdict, *, database: str | None = None) -> None:
        if database is None:
            database = request.getfixturevalue("database_kind")
        counts = [len(part) for part in (verdict.lost, verdict.doubled, verdict.violations, verdict.leaked)]
        command = command_of(request.node.originalname.removeprefix("test_"), database)
        row = Row(campaign, database, command, faults, f"{verdict.runs:,}", *counts)
        if request.config.getoption("--write-docs"):
            write([row])
        print(row.line())
        verdict.check()

    return take_down
