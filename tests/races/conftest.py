"""A database of each race's own: the witness it puts in does not outlive it."""

from collections.abc import AsyncIterator

import pytest

from penstock.server.database import DBInterface, provide_database_interface


@pytest.fixture
async def db(bare_database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DBInterface]:
    """A migrated, empty database that only this test uses."""
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", bare_database_url)
    db = provide_database_interface()
    await db.create_db()
    yield db
    await db.dispose()
