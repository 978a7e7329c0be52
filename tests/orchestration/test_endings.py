"""Every way out of a run frees what it holds and leaves nothing waiting for ever."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseTimes
from penstock.schemas.states import AwaitingRetry, Cancelled, Pending, Running, StateType
from penstock.server.database.orm_models import (
    CleanupMessage,
    ConcurrencyLease,
    Deployment,
    FlowRun,
    WorkPool,
    WorkQueue,
)
from penstock.server.models import deployments, flow_runs, flows, workers
from penstock.server.models.attempts import find_expired_attempts
from penstock.server.orchestration import Proposer, claim_flow_runs, end_expired_attempt, set_flow_run_state
from penstock.server.orchestration.deletions import delete_deployment
from penstock.server.services import WorkerPruning
from tests.support.factories import (
    ago,
    due,
    make_deployment,
    make_flow,
    make_pool,
    make_queue,
    make_run,
    propose,
)
from tests.support.task_runs import make_task_run, task_history

HASTY = LeaseTimes(claim_seconds=-60, grace_seconds=0, start_seconds=-60, silence_seconds=-60)
"""Leases that are over as soon as they begin."""


async def held_run(
    session: AsyncSession, times: LeaseTimes | None = None
) -> tuple[WorkPool, WorkQueue, Deployment, FlowRun]:
    """A run that worker ``w`` has claimed, of a deployment of one slot and a pool of one slot."""
    pool = await make_pool(session, concurrency_limit=1)
    queue = await make_queue(session, pool)
    made = await make_deployment(session, queue, concurrency_limit=1)
    run = await make_run(session, queue, due(minutes=1), deployment_id=made.id)
    await claim(session, pool, times)
    assert await count_leases(session) == 1
    return pool, queue, made, run


async def claim(session: AsyncSession, pool: WorkPool, times: LeaseTimes | None = None) -> list[FlowRun]:
    return await claim_flow_runs(
        session=session, work_pool_id=pool.id, worker_name="w", lease_times=times or LeaseTimes()
    )


async def count_leases(session: AsyncSession) -> int:
    return await session.scalar(sa.select(sa.func.count()).select_from(ConcurrencyLease)) or 0


WAYS_OUT = {
    "cancelled": lambda session, run: propose(session, run, Cancelled()),
    "forced": lambda session, run: propose(session, run, AwaitingRetry(ago(seconds=-99)), force=True),
    "deleted": lambda session, run: flow_runs.delete_flow_run(session=session, flow_run_id=run.id),
    "flow deleted": lambda session, run: flows.delete_flow(session=session, flow_id=run.flow_id),
}


@pytest.mark.parametrize("way", WAYS_OUT)
async def test_slots_and_leases_are_free_at_once(session: AsyncSession, way: str) -> None:
    pool, queue, made, run = await held_run(session)

    await WAYS_OUT[way](session, run)
    session.expunge_all()

    assert await count_leases(session) == 0
    assert await workers.count_held_runs(session=session, work_pool_id=pool.id) == {}
    if way != "flow deleted":
        again = await make_run(session, queue, due(minutes=1), deployment_id=made.id)
        assert [one.id for one in await claim(session, pool)] == [again.id]


async def test_a_held_run_goes_on_in_the_default_queue_and_keeps_its_slot(session: AsyncSession) -> None:
    pool, queue, _, run = await held_run(session)
    later = await make_run(session, queue, due(minutes=1))

    await workers.delete_work_queue(session=session, work_queue_id=queue.id)
    session.expunge_all()

    assert await workers.count_held_runs(session=session, work_pool_id=pool.id) == {"w": 1}
    assert await claim(session, pool) == []
    result = await set_flow_run_state(
        session=session, flow_run_id=run.id, state=Cancelled(), proposer=Proposer("w", attempt=1)
    )
    assert result.status == "ACCEPT"
    assert [one.id for one in await claim(session, pool)] == [later.id]


async def test_a_deleted_deployment_leaves_nothing_waiting(session: AsyncSession) -> None:
    _, queue, made, held = await held_run(session)
    fresh = await make_run(session, queue, due(minutes=1), deployment_id=made.id)
    tried = await make_run(session, queue, Running(), deployment_id=made.id)
    await propose(session, tried, AwaitingRetry(ago(seconds=-99)), force=True)

    assert await delete_deployment(session=session, deployment_id=made.id)

    assert await deployments.read_deployment(session=session, deployment_id=made.id) is None
    assert await flow_runs.read_flow_run(session=session, flow_run_id=fresh.id) is None
    for run, state_type in ((held, StateType.PENDING), (tried, StateType.CANCELLED)):
        await session.refresh(run)
        assert run.state_type is state_type
    assert "deployment was deleted" in (tried.state_message or "")
    assert not await delete_deployment(session=session, deployment_id=made.id)


@pytest.mark.parametrize("way", ["run", "flow"])
async def test_the_task_run_of_a_deleted_child_ends(session: AsyncSession, way: str) -> None:
    parent = await make_run(session, state=Running())
    task = await make_task_run(session, parent)
    flow = await make_flow(session, "child")
    child = await make_run(session, state=Pending(), flow=flow, parent_task_run_id=task.id)

    if way == "run":
        await flow_runs.delete_flow_run(session=session, flow_run_id=child.id)
    else:
        await flows.delete_flow(session=session, flow_id=flow.id)

    last = (await task_history(session, task))[-1]
    assert (last.type, last.message) == (StateType.CRASHED, "The flow run that it stands for was deleted.")


async def test_what_a_lost_attempt_left_behind_is_to_be_torn_down(session: AsyncSession) -> None:
    pool, _, _, run = await held_run(session, HASTY)
    run.infrastructure_pid = "host:7"
    await session.flush()

    assert await find_expired_attempts(session=session, limit=9) == [run.id]
    assert await end_expired_attempt(session, run.id, HASTY)

    [message] = (await session.scalars(sa.select(CleanupMessage))).all()
    assert (message.work_pool_id, message.kind) == (pool.id, "lost_attempt_teardown.v1")
    assert message.target == {"flow_run_id": str(run.id), "infrastructure_pid": "host:7"}
    await session.refresh(run)
    assert (run.state_name, run.infrastructure_pid) == ("AwaitingRetry", None)


async def test_long_silent_workers_are_forgotten_unless_they_hold_something(db, session) -> None:
    pool_id = (await held_run(session))[0].id
    for name in ("w", "silent", "alive"):
        await workers.worker_heartbeat(session=session, work_pool_id=pool_id, worker_name=name)
    long_ago = ago(days=2)
    await session.execute(
        sa.update(db.Worker).where(db.Worker.name != "alive").values(last_heartbeat_time=long_ago)
    )
    await session.commit()

    await WorkerPruning(db, interval_seconds=1, retention_seconds=3 * 86_400).run_once()
    assert len(await workers.read_workers(session=session, work_pool_id=pool_id)) == 3
    await session.rollback()
    await WorkerPruning(db, interval_seconds=1, retention_seconds=86_400).run_once()

    left = await workers.read_workers(session=session, work_pool_id=pool_id)
    assert {worker.name for worker in left} == {"alive", "w"}


@pytest.mark.parametrize("is_online", [True, False])
async def test_a_deleted_worker_that_was_offline_gives_back_what_it_took_by_word(
    session: AsyncSession, db, is_online: bool
) -> None:
    pool = await make_pool(session)
    run = await make_run(session, await make_queue(session, pool), due(minutes=1))
    await workers.worker_heartbeat(session=session, work_pool_id=pool.id, worker_name="w")
    await set_flow_run_state(session=session, flow_run_id=run.id, state=Pending(), proposer=Proposer("w"))
    if not is_online:
        long_ago = ago(hours=1)
        await session.execute(sa.update(db.Worker).values(last_heartbeat_time=long_ago))
    expires_at = run.lease_expires_at
    assert expires_at is not None

    assert await workers.delete_worker(session=session, work_pool_id=pool.id, worker_name="w")

    await session.refresh(run)
    assert run.lease_expires_at is not None
    is_shorter = run.lease_expires_at < expires_at - timedelta(seconds=60)
    assert is_shorter is not is_online
