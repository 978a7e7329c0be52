"""Changing work queues: fields, status, events (workers.md 3.19, 9.3)."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.statuses import WorkQueueStatus
from penstock.server.database.orm_models import WorkQueue
from penstock.server.models import work_queues, workers
from tests.support.factories import (
    ago,
    event_names,
    last_event,
    make_pool,
    make_queue,
    make_queues,
    set_columns,
)


@pytest.fixture
async def queue(session) -> WorkQueue:
    """A queue besides the default one of its pool."""
    return await make_queue(session, await make_pool(session), "q")


async def update(session: AsyncSession, queue: WorkQueue, module: Any = workers, **fields: Any) -> list[str]:
    """Update a queue as the API does; returns the names of the events that this recorded."""
    before = await event_names(session)

    async def announce(changed: WorkQueue) -> None:
        await workers.emit_work_queue_status_event(session, changed)

    assert await module.update_work_queue(
        session=session,
        work_queue_id=queue.id,
        work_queue=schemas.actions.WorkQueueUpdate(**fields),
        emit_status_change=announce,
    )
    recorded = (await event_names(session))[len(before) :]
    await session.refresh(queue)
    return [name.removeprefix("work-queue.") for name in recorded]


@pytest.mark.conformance(157)
@pytest.mark.parametrize("module", [workers, work_queues], ids=["workers", "work_queues"])
async def test_pause_is_recorded_once(session, queue, module):
    assert await update(session, queue, module, is_paused=True) == ["paused"]
    assert (queue.is_paused, queue.status) == (True, WorkQueueStatus.PAUSED)
    assert await update(session, queue, module, is_paused=True) == []
    event = await last_event(session, "prefect.work-queue.paused")
    assert event.resource["prefect.resource.role"] == "work-queue"
    assert [one["prefect.resource.role"] for one in event.related] == ["work-pool"]


@pytest.mark.conformance(158, 159)
@pytest.mark.parametrize(
    ("polled_seconds_ago", "status"),
    [
        (None, WorkQueueStatus.NOT_READY),
        (120, WorkQueueStatus.NOT_READY),
        (61, WorkQueueStatus.NOT_READY),
        (50, WorkQueueStatus.READY),
        (0, WorkQueueStatus.READY),
    ],
)
async def test_resumed_queue_is_ready_if_it_was_polled_lately(
    session, queue, polled_seconds_ago: int | None, status: WorkQueueStatus
):
    await update(session, queue, is_paused=True)
    if polled_seconds_ago is not None:
        await set_columns(session, queue, last_polled=ago(seconds=polled_seconds_ago))
    assert await update(session, queue, is_paused=False) == [status.in_kebab_case()]
    assert (queue.is_paused, queue.status) == (False, status)


@pytest.mark.conformance(160)
@pytest.mark.parametrize("status", [WorkQueueStatus.READY, WorkQueueStatus.NOT_READY])
async def test_resuming_what_is_not_paused_changes_nothing(session, queue, status: WorkQueueStatus):
    await set_columns(session, queue, status=status)
    assert await update(session, queue, is_paused=False) == []
    assert queue.status == status


@pytest.mark.conformance(161)
async def test_poll_in_the_same_update_decides(session, queue):
    await update(session, queue, is_paused=True)
    assert await update(session, queue, is_paused=False, last_polled=ago(seconds=1)) == ["ready"]
    await update(session, queue, is_paused=True)
    assert await update(session, queue, is_paused=False, last_polled=ago(minutes=5)) == ["not-ready"]


@pytest.mark.conformance(162)
async def test_last_polled_alone_changes_no_status(session, queue):
    moment = ago(seconds=1)
    assert await update(session, queue, last_polled=moment) == []
    assert (queue.last_polled, queue.status) == (moment, WorkQueueStatus.NOT_READY)


async def test_default_status_is_used_where_no_poll_is_recent(session, queue):
    await update(session, queue, is_paused=True)
    await workers.update_work_queue(
        session=session,
        work_queue_id=queue.id,
        work_queue=schemas.actions.WorkQueueUpdate(is_paused=False),
        default_status=WorkQueueStatus.READY,
    )
    assert queue.status == WorkQueueStatus.READY


@pytest.mark.conformance(163)
async def test_changes_are_recorded_under_the_new_name(session, queue):
    fields = {"priority": 1, "concurrency_limit": 3, "description": "d", "name": "new"}
    assert await update(session, queue, **fields) == ["updated"]
    event = await last_event(session, "prefect.work-queue.updated")
    assert event.payload == {
        "updated_fields": ["name", "description", "concurrency_limit", "priority"],
        "updates": {
            "name": {"from": "q", "to": "new"},
            "description": {"from": "", "to": "d"},
            "concurrency_limit": {"from": None, "to": 3},
            "priority": {"from": 2, "to": 1},
        },
    }
    assert event.resource["prefect.resource.name"] == "new"
    assert event.related[0]["prefect.work-pool.type"] == "process"
    # the same again is no change
    assert await update(session, queue, **fields) == []


@pytest.mark.conformance(163)
async def test_update_comes_before_the_status(session, queue):
    assert await update(session, queue, is_paused=True, description="d") == ["updated", "paused"]


@pytest.mark.conformance(163)
async def test_queues_that_are_pushed_aside_record_nothing(session):
    pool = await make_pool(session)
    queues = await make_queues(session, pool, "a", "b", "c")
    assert await update(session, queues[2], priority=2) == ["updated"]
    found = await workers.read_work_queues(session=session, work_pool_id=pool.id)
    assert [(one.name, one.priority) for one in found] == [("default", 1), ("c", 2), ("a", 3), ("b", 4)]


@pytest.mark.conformance(165)
async def test_name_taken_is_an_integrity_error(session, queue):
    await session.commit()
    with pytest.raises(IntegrityError):
        await update(session, queue, name="default")


@pytest.mark.conformance(166)
async def test_limit_may_be_zero_and_is_cleared_by_null(session, queue):
    assert await update(session, queue, concurrency_limit=0) == ["updated"]
    assert queue.concurrency_limit == 0
    assert await update(session, queue, concurrency_limit=None) == ["updated"]
    assert queue.concurrency_limit is None


@pytest.mark.conformance(167)
@pytest.mark.parametrize("module", [workers, work_queues], ids=["workers", "work_queues"])
async def test_unknown_queue_is_false(session, module):
    update = schemas.actions.WorkQueueUpdate(is_paused=True, priority=1, concurrency_limit=1)
    assert not await module.update_work_queue(session=session, work_queue_id=uuid4(), work_queue=update)


async def test_empty_update_changes_nothing(session, queue):
    updated = queue.updated
    assert await update(session, queue) == []
    assert queue.updated == updated


@pytest.mark.conformance(215)
async def test_rolled_back_update_leaves_no_event(db, session, queue):
    await session.commit()
    await update(session, queue, is_paused=True, name="new")
    await session.rollback()
    async with db.session() as other:
        names = await event_names(other)
    assert names == ["work-queue.created", "work-pool.created", "work-queue.created"]
