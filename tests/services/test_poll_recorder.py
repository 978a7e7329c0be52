"""Polls are collected, written together, and never lost (workers.md 4.3, 8.8)."""

import asyncio
import logging
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from penstock.server.database import DBInterface
from penstock.server.models import workers
from penstock.server.services import PollRecorder
from tests.api.driver import Api


@pytest.fixture
async def recorder(db: DBInterface) -> AsyncIterator[PollRecorder]:
    """A recorder that writes soon."""
    recorder = PollRecorder(db, record_seconds=0.01, refresh_seconds=0)
    yield recorder
    await recorder.stop()


async def last_polled(api: Api, queue_id: str) -> object:
    return (await api.row(api.db.WorkQueue, queue_id)).last_polled


async def until_polled(api: Api, queue_id: str) -> None:
    """Wait until the queue counts as polled."""
    async with asyncio.timeout(10):
        while await last_polled(api, queue_id) is None:
            await asyncio.sleep(0.01)


async def test_a_note_is_written_by_itself(api: Api, recorder: PollRecorder) -> None:
    queue_id = (await api.create_pool())["default_queue_id"]

    recorder.note(work_queue_ids=[UUID(queue_id)])

    await until_polled(api, queue_id)


async def test_many_polls_are_one_transaction(
    api: Api, recorder: PollRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_id = UUID((await api.create_pool())["default_queue_id"])
    calls = []

    async def count(**arguments: object) -> list[UUID]:
        calls.append(arguments["work_queue_ids"])
        return []

    monkeypatch.setattr(workers, "record_work_queue_polls", count)
    for _ in range(100):
        recorder.note(work_queue_ids=[queue_id])
    await recorder.flush()
    await recorder.flush()

    assert calls == [[queue_id]]


async def test_what_cannot_be_written_is_tried_again(
    api: Api,
    recorder: PollRecorder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue_id = (await api.create_pool())["default_queue_id"]
    record, failures = workers.record_work_queue_polls, 2

    async def fail_twice(**arguments: object) -> object:
        nonlocal failures
        if failures:
            failures -= 1
            raise OperationalError("UPDATE", None, Exception("database is locked"))
        return await record(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(workers, "record_work_queue_polls", fail_twice)
    with caplog.at_level(logging.ERROR):
        recorder.note(work_queue_ids=[UUID(queue_id)])
        await until_polled(api, queue_id)

    assert failures == 0
    assert caplog.text.count("Recording polls failed") == 2


async def test_an_error_of_a_flush_is_raised_and_the_polls_are_kept(
    api: Api, db: DBInterface, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = PollRecorder(db, record_seconds=60, refresh_seconds=0)
    queue_id = (await api.create_pool())["default_queue_id"]

    async def fail(**arguments: object) -> None:
        raise OperationalError("UPDATE", None, Exception("database is locked"))

    recorder.note(work_queue_ids=[UUID(queue_id)])
    with monkeypatch.context() as patch:
        patch.setattr(workers, "record_work_queue_polls", fail)
        with pytest.raises(OperationalError):
            await recorder.flush()
    await recorder.stop()

    assert await last_polled(api, queue_id) is not None


async def test_the_last_polls_are_written_at_the_stop(api: Api, db: DBInterface) -> None:
    recorder = PollRecorder(db, record_seconds=60, refresh_seconds=0)
    queue_id = (await api.create_pool())["default_queue_id"]

    recorder.note(work_queue_ids=[UUID(queue_id)])
    await asyncio.wait_for(recorder.stop(), 5)

    assert await last_polled(api, queue_id) is not None


async def test_a_pool_stands_for_all_its_queues(api: Api, recorder: PollRecorder) -> None:
    pool = await api.create_pool()
    for name in ("a", "b"):
        await api.create_queue(name)

    recorder.note(work_pool_ids=[UUID(pool["id"])])
    await recorder.flush()

    assert {queue["status"] for queue in await api.post("work_pools/pool/queues/filter")} == {"READY"}


async def test_a_note_during_a_write_is_written_next(
    api: Api, recorder: PollRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_id = (await api.create_pool())["default_queue_id"]
    record = workers.record_work_queue_polls
    noted = False

    async def note_meanwhile(**arguments: object) -> object:
        nonlocal noted
        if not noted:
            noted = True
            recorder.note(work_queue_ids=[UUID(queue_id)])
        return await record(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(workers, "record_work_queue_polls", note_meanwhile)
    recorder.note(work_queue_ids=[uuid4()])

    await until_polled(api, queue_id)


async def test_queues_that_are_gone_do_no_harm(api: Api, recorder: PollRecorder) -> None:
    await api.create_pool()
    before = await api.event_names()

    recorder.note(work_queue_ids=[uuid4()], work_pool_ids=[uuid4()], deployment_ids=[uuid4()])
    await recorder.flush()

    assert await api.event_names() == before
    async with api.db.session_context() as session:
        polled = sa.select(sa.func.count()).where(api.db.WorkQueue.last_polled.is_not(None))
        assert await session.scalar(polled) == 0
