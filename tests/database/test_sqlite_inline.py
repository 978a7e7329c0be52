"""SQLite's direct statements are done by the event loop's own thread; nothing may hold that up."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import get_ident

import pytest
from sqlalchemy.exc import DBAPIError

from penstock.core.ids import uuid7
from penstock.server.database import DBInterface
from penstock.server.database.dialects import sqlite_inline
from penstock.server.database.failures import is_transient
from tests.database.test_direct import NEW_FLOW, count_flows
from tests.support.factories import unique

pytestmark = pytest.mark.only_on("sqlite", reason="PostgreSQL's driver waits for answers as the loop does")


def open_file(db: DBInterface) -> sqlite3.Connection:
    """Connect to the database as another process would."""
    return sqlite3.connect(str(db.dialect.url.database), isolation_level=None)


async def write(db: DBInterface, name: str) -> None:
    async with db.direct_transaction() as direct:
        await direct.write([NEW_FLOW], {"id": uuid7(), "name": name})


async def test_while_another_process_writes_the_loop_goes_on(db: DBInterface):
    name, turns = unique("flow"), 0
    with closing(open_file(db)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(write(db, name))
        for _ in range(20):
            await asyncio.sleep(0.005)
            turns += not writing.done()
            assert await count_flows(db, name) == 0
        assert turns == 20
        other.execute("COMMIT")
        await writing
    assert await count_flows(db, name) == 1


async def test_a_file_that_stays_locked_is_told_as_a_failure_that_passes(db: DBInterface, monkeypatch):
    monkeypatch.setattr(sqlite_inline, "BUSY_TIMEOUT_SECONDS", 0.02)
    name = unique("flow")
    with closing(open_file(db)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DBAPIError, match="locked") as refused:
            await write(db, name)
    assert is_transient(refused.value)
    await write(db, name)
    assert await count_flows(db, name) == 1


async def test_the_log_is_copied_into_the_file_by_another_thread(db: DBInterface, monkeypatch):
    """However much is written, it does not grow; and the loop does not wait for the disk."""
    threads = set[int]()
    copy = sqlite_inline.checkpoint

    def watched(connection: sqlite3.Connection) -> None:
        threads.add(get_ident())
        copy(connection)

    monkeypatch.setattr(sqlite_inline, "checkpoint", watched)
    log, name = Path(f"{db.dialect.url.database}-wal"), unique("flow")
    sizes = []
    for _ in range(4):
        for _ in range(2 * sqlite_inline.COMMITS_UNTIL_CHECKPOINT):
            await write(db, unique("flow"))
        sizes.append(log.stat().st_size)
    assert threads
    assert get_ident() not in threads
    assert sizes[-1] <= 1.5 * sizes[0]
    await write(db, name)
    assert await count_flows(db, name) == 1
