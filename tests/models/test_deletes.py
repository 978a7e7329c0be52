"""What goes with a deleted pool or queue, and what stays (workers.md 1.4, 3.11, 3.20)."""

from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.states import StateType
from penstock.schemas.states import Completed, Running
from penstock.server.database.orm_models import Deployment, FlowRun, WorkQueue
from penstock.server.models import events, work_queues, workers
from tests.support.factories import (
    default_queue,
    due,
    event_names,
    ids,
    last_event,
    make_deployment,
    make_pool,
    make_queue,
    make_queues,
    make_run,
)

both_ways = pytest.mark.parametrize("module", [workers, work_queues], ids=["workers", "work_queues"])


async def assert_left_behind(session: AsyncSession, *rows: FlowRun | Deployment) -> None:
    """Runs and deployments survive without a queue, with its name and in their state."""
    for row in rows:
        state, name = getattr(row, "state_type", None), row.work_queue_name
        await session.refresh(row)
        assert row.work_queue_id is None
        assert (getattr(row, "state_type", None), row.work_queue_name) == (state, name)


@pytest.mark.conformance(64, 65, 68)
async def test_deleted_pool_takes_queues_and_workers_and_leaves_runs(session):
    pool, kept = await make_pool(session), await make_pool(session)
    queue = await make_queue(session, pool, "q")
    for one in (pool, kept):
        await workers.worker_heartbeat(session=session, work_pool_id=one.id, worker_name="w")
    deployment = await make_deployment(session, queue, work_queue_name="q")
    waiting, running = await make_run(session, queue, due()), await make_run(session, queue, Running())
    assert await workers.delete_work_pool(session=session, work_pool_id=pool.id) is True
    assert await workers.read_work_pool(session=session, work_pool_id=pool.id) is None
    assert await workers.count_work_queues(session=session, work_pool_id=pool.id) == 0
    assert await workers.read_workers(session=session, work_pool_id=pool.id) == []
    assert len(await workers.read_workers(session=session, work_pool_id=kept.id)) == 1
    await assert_left_behind(session, waiting, running, deployment)
    assert (waiting.state_type, running.state_type) == (StateType.SCHEDULED, StateType.RUNNING)
    assert await workers.delete_work_pool(session=session, work_pool_id=pool.id) is False


@pytest.mark.conformance(66)
async def test_deleted_pool_records_its_queues_by_priority_then_itself(session):
    pool = await make_pool(session, "p")
    await make_queue(session, pool, "first", priority=1)
    await make_queue(session, pool, "last")
    created = await event_names(session)
    await workers.delete_work_pool(session=session, work_pool_id=pool.id)
    recorded = (await events.read_events(session=session))[len(created) :]
    assert [(one.event, one.resource["prefect.resource.name"]) for one in recorded] == [
        ("prefect.work-queue.deleted", "first"),
        ("prefect.work-queue.deleted", "default"),
        ("prefect.work-queue.deleted", "last"),
        ("prefect.work-pool.deleted", "p"),
    ]
    assert recorded[-1].related == [
        {
            "prefect.resource.id": f"prefect.work-queue.{pool.default_queue_id}",
            "prefect.resource.role": "default-queue",
        }
    ]
    assert recorded[0].related[0]["prefect.resource.id"] == f"prefect.work-pool.{pool.id}"


@pytest.mark.conformance(67)
async def test_unknown_pool_records_nothing(session):
    assert await workers.delete_work_pool(session=session, work_pool_id=uuid4()) is False
    assert await event_names(session) == []


@both_ways
@pytest.mark.conformance(169)
async def test_deleted_queue_hands_runs_and_deployments_to_the_default_queue(session, module):
    pool = await make_pool(session)
    queue = await make_queue(session, pool, "q")
    deployment = await make_deployment(session, queue, work_queue_name="q")
    unfinished = [await make_run(session, queue, state) for state in (due(), Running())]
    ended = await make_run(session, queue, Completed())
    assert await module.delete_work_queue(session=session, work_queue_id=queue.id) is True
    assert await workers.read_work_queue(session=session, work_queue_id=queue.id) is None
    for row in (*unfinished, deployment):
        await session.refresh(row)
        assert (row.work_queue_id, row.work_queue_name) == (pool.default_queue_id, "default")
    assert [run.state_type for run in unfinished] == [StateType.SCHEDULED, StateType.RUNNING]
    await assert_left_behind(session, ended)
    event = await last_event(session, "prefect.work-queue.deleted")
    assert event.resource_id == f"prefect.work-queue.{queue.id}"
    assert event.related[0]["prefect.resource.id"] == f"prefect.work-pool.{pool.id}"
    assert await module.delete_work_queue(session=session, work_queue_id=queue.id) is False
    assert (await event_names(session)).count("work-queue.deleted") == 1


@both_ways
@pytest.mark.conformance(170)
async def test_deleted_queue_leaves_a_gap(session, module):
    pool = await make_pool(session)
    b, c = await make_queues(session, pool, "b", "c")
    await module.delete_work_queue(session=session, work_queue_id=b.id)
    found = await workers.read_work_queues(session=session, work_pool_id=pool.id)
    assert [(queue.name, queue.priority) for queue in found] == [("default", 1), ("c", 3)]
    assert c.priority == 3


@both_ways
@pytest.mark.conformance(171)
async def test_default_queue_is_not_deleted_and_nothing_is_recorded(session, module):
    pool = await make_pool(session, "p")
    before = await event_names(session)
    with pytest.raises(ValueError, match="default queue of work pool 'p'"):
        await module.delete_work_queue(session=session, work_queue_id=pool.default_queue_id)
    assert await event_names(session) == before
    assert await workers.count_work_queues(session=session, work_pool_id=pool.id) == 1


@pytest.mark.conformance(164)
async def test_renamed_default_queue_is_still_the_default(session):
    pool = await make_pool(session)
    queue = await default_queue(session, pool)
    rename = schemas.actions.WorkQueueUpdate(name="main")
    await workers.update_work_queue(session=session, work_queue_id=queue.id, work_queue=rename)
    again = await make_queue(session, pool, "default")
    assert pool.default_queue_id == queue.id
    with pytest.raises(ValueError, match="'main' is the default queue"):
        await workers.delete_work_queue(session=session, work_queue_id=queue.id)
    assert await workers.delete_work_queue(session=session, work_queue_id=again.id)


@pytest.mark.conformance(172)
async def test_database_itself_refuses_to_lose_a_default_queue(session):
    pool = await make_pool(session)
    with pytest.raises(IntegrityError):
        await session.execute(sa.delete(WorkQueue).where(WorkQueue.id == pool.default_queue_id))


@pytest.mark.conformance(215)
async def test_rolled_back_deletes_leave_no_events(db, session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    await session.commit()
    await workers.delete_work_queue(session=session, work_queue_id=queue.id)
    await workers.delete_work_pool(session=session, work_pool_id=pool.id)
    await session.rollback()
    async with db.session() as other:
        assert not [name for name in await event_names(other) if name.endswith("deleted")]
        found = await workers.read_work_queues(session=other, work_pool_id=pool.id)
        assert ids(found) == [pool.default_queue_id, queue.id]
