"""Following a numbered table: every committed row once, whatever the order of the commits."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, tail
from penstock.server.database.tail import Tail
from penstock.server.models import events
from tests.support.events import make_event, report, rolled_back


async def started(db: DBInterface) -> Tail:
    reader = Tail(db, db.Event)
    async with db.session_context() as session:
        await reader.start(session)
    return reader


async def read(db: DBInterface, reader: Tail, limit: int = 100) -> list[str]:
    async with db.session_context() as session:
        return [row.event for row in await reader.read(session, limit)]


async def test_it_begins_behind_what_is_there(db: DBInterface) -> None:
    await report(db, make_event("old"))
    reader = await started(db)
    await report(db, make_event("a"), make_event("b"))
    await report(db, make_event("c"))

    assert await read(db, reader) == ["a", "b", "c"]
    assert await read(db, reader) == []


async def test_it_reads_in_portions(db: DBInterface) -> None:
    reader = await started(db)
    await report(db, *(make_event(str(number)) for number in range(5)))

    portions = [await read(db, reader, limit=2) for _ in range(4)]

    assert portions == [["0", "1"], ["2", "3"], ["4"], []]


async def test_numbers_are_not_used_again(db: DBInterface, session: AsyncSession) -> None:
    await report(db, make_event("gone"))
    reader = await started(db)
    async with db.session_context(begin_transaction=True) as deleting:
        await events.delete_old_events(session=deleting, older_than_seconds=-60, limit=10)

    await report(db, make_event("new"))

    assert await read(db, reader) == ["new"]


@pytest.mark.only_on("postgresql", reason="SQLite has one writer, so nothing commits out of order")
async def test_a_row_that_commits_late_is_read_too(db: DBInterface) -> None:
    await report(db, make_event("before"))
    reader = await started(db)
    deleted = reader.gaps
    async with db.session_context(begin_transaction=True) as slow:
        await events.create_events(session=slow, events=[make_event("slow")])
        await report(db, make_event("fast"))
        assert await read(db, reader) == ["fast"]
        assert len(reader.gaps - deleted) == 1

    assert await read(db, reader) == ["slow"]
    assert not reader.gaps - deleted
    assert await read(db, reader) == []


@pytest.mark.only_on("postgresql", reason="SQLite has one writer, so nothing commits out of order")
async def test_a_row_under_way_when_the_reading_begins_is_read(db: DBInterface) -> None:
    async with db.session_context(begin_transaction=True) as slow:
        await events.create_events(session=slow, events=[make_event("slow")])
        await report(db, make_event("before"))
        reader = await started(db)

    assert await read(db, reader) == ["slow"]


@pytest.mark.only_on("postgresql", reason="SQLite takes back the number of a row that is rolled back")
async def test_a_row_that_is_rolled_back_is_forgotten(
    db: DBInterface, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "GAP_SECONDS", 0.0)
    reader = await started(db)
    async with rolled_back(db) as session:
        await events.create_events(session=session, events=[make_event("never")])
        await report(db, make_event("fast"))
        assert await read(db, reader) == ["fast"]
    async with asyncio.timeout(10):
        # Another transaction of the same database server may have begun before.
        while reader.gaps:
            assert await read(db, reader) == []
            await asyncio.sleep(0.01)


@pytest.mark.only_on("postgresql", reason="SQLite has one writer, so nothing commits out of order")
async def test_many_writers_at_once_lose_nothing(db: DBInterface) -> None:
    reader = await started(db)
    written: set[str] = set()
    found: list[str] = []

    async def write(writer: int) -> None:
        for number in range(20):
            name = f"{writer}-{number}"
            async with db.session_context(begin_transaction=True) as session:
                await events.create_events(session=session, events=[make_event(name)])
                await asyncio.sleep(0.001 * (writer % 3))
            written.add(name)

    writers = [asyncio.create_task(write(writer)) for writer in range(6)]
    while not all(task.done() for task in writers):
        found += await read(db, reader, limit=7)
    while more := await read(db, reader):
        found += more

    assert set(found) == written
    assert len(found) == len(written)
