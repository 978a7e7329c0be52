"""Taking in events: in batches, in order, with back-pressure, through trouble of the database."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from penstock.schemas.core import Event
from penstock.schemas.filters import EventFilter
from penstock.server.database import DBInterface
from penstock.server.models import events, task_run_reports
from penstock.server.services import EventIntake, event_intake
from tests.support.events import make_event, task_run_event, within
from tests.support.factories import make_run


@pytest.fixture
async def intake(db: DBInterface) -> AsyncIterator[EventIntake]:
    intake = EventIntake(db)
    yield intake
    await intake.stop()


async def stored(db: DBInterface) -> list[str]:
    async with db.session_context() as session:
        rows = await events.read_matching_events(
            session=session, event_filter=EventFilter.model_validate({"order": "ASC"}), limit=5000
        )
    return [row.event for row in rows]


async def put(intake: EventIntake, *given: Event | None) -> None:
    """Put events and return when they are safe."""
    taken = asyncio.Event()
    for event in given:
        await intake.put(event, lambda: None)
    await intake.put(None, taken.set)
    await within(60, taken.wait())


async def test_many_events_are_written_in_few_transactions(
    db: DBInterface, intake: EventIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    write = intake._write

    async def counting(batch: list[Event]) -> None:
        sizes.append(len(batch))
        await write(batch)

    monkeypatch.setattr(intake, "_write", counting)

    await put(intake, *(make_event(f"e{number:03}") for number in range(450)))

    assert len(await stored(db)) == sum(sizes) == 450
    assert max(sizes) <= event_intake.BATCH_SIZE
    assert len(sizes) <= 5


async def test_who_sends_too_much_waits(
    db: DBInterface, intake: EventIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write = asyncio.Event()
    write = intake._write

    async def held(batch: list[Event]) -> None:
        await may_write.wait()
        await write(batch)

    monkeypatch.setattr(intake, "_write", held)
    number = event_intake.CAPACITY + event_intake.BATCH_SIZE + 50

    async with asyncio.TaskGroup() as group:
        sending = group.create_task(put(intake, *(make_event() for _ in range(number))))
        await asyncio.sleep(0.1)
        assert not sending.done()
        assert intake._queue.full()
        may_write.set()
    assert len(await stored(db)) == number


async def test_trouble_of_the_database_only_delays(
    db: DBInterface, intake: EventIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [OperationalError("INSERT", {}, Exception("locked")), TimeoutError(), OSError("gone")]
    write = intake._write

    async def failing(batch: list[Event]) -> None:
        if failures:
            raise failures.pop()
        await write(batch)

    monkeypatch.setattr(intake, "_write", failing)
    monkeypatch.setattr(event_intake, "RETRY_SECONDS", (0.001, 0.002))

    await put(intake, make_event("patient"))

    assert await stored(db) == ["patient"]
    assert intake.dropped == 0


async def test_one_event_that_cannot_be_written_spoils_no_other(db: DBInterface, intake: EventIntake) -> None:
    # Half of a pair: no database keeps it, and only a client that circumvents the schema sends it.
    broken = Event.model_construct(**(make_event("broken").model_dump() | {"payload": {"x": "\x00\ud800"}}))

    await put(intake, make_event("a"), broken, make_event("b"))

    assert await stored(db) == ["a", "b"]
    assert intake.dropped == 1


async def test_an_event_is_kept_when_what_it_reports_cannot_be_recorded(
    db: DBInterface, intake: EventIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(**_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(task_run_reports, "record_task_run_reports", broken)

    await put(intake, make_event("kept"))

    assert await stored(db) == ["kept"]
    assert intake.dropped == 0


async def test_task_runs_are_recorded_with_the_events(db: DBInterface, intake: EventIntake) -> None:
    async with db.session_context(begin_transaction=True) as session:
        run = await make_run(session)
    task_run_id = uuid4()

    await put(intake, task_run_event(flow_run_id=run.id, task_run_id=task_run_id))

    async with db.session_context() as session:
        row = await session.get(db.TaskRun, task_run_id)
    assert row is not None


async def test_what_came_is_written_before_the_end(db: DBInterface) -> None:
    intake = EventIntake(db)
    for number in range(20):
        await intake.put(make_event(f"e{number:02}"), lambda: None)

    await intake.stop()

    assert len(await stored(db)) == 20
