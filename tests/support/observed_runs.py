"""Runs in the hands of workers that renew nothing, as unmodified Prefect workers are."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseTimes
from penstock.schemas.states import Pending, Running, State
from penstock.server.database.orm_models import FlowRun, Worker, WorkQueue
from penstock.server.models import attempts
from penstock.server.models.workers import worker_heartbeat
from penstock.server.orchestration import (
    Proposer,
    SpeakingProcess,
    end_expired_attempt,
    set_flow_run_state,
)
from tests.support.factories import (
    ago,
    due,
    make_deployment,
    make_flow,
    make_run,
)

TIMES = LeaseTimes()


def process_of(run: FlowRun, worker: str = "w") -> Proposer:
    """The run's process, as Prefect 3.8 introduces it: by its flow and deployment."""
    return Proposer(worker, SpeakingProcess(flow_id=run.flow_id, deployment_id=run.deployment_id))


async def propose(session: AsyncSession, run: FlowRun, state: State, by: Proposer, **options: bool) -> str:
    result = await set_flow_run_state(
        session=session, flow_run_id=run.id, state=state, proposer=by, lease_times=TIMES, **options
    )
    await session.refresh(run)
    return str(result.status)


async def taken_run(session: AsyncSession, queue: WorkQueue, worker: str = "w") -> FlowRun:
    """Let an online worker take a run."""
    await worker_heartbeat(session=session, work_pool_id=queue.work_pool_id, worker_name=worker)
    flow = await make_flow(session)
    deployment = await make_deployment(session, queue, flow=flow)
    run = await make_run(session, queue, due(minutes=1), deployment_id=deployment.id, flow=flow)
    assert await propose(session, run, Pending(), Proposer(worker)) == "ACCEPT"
    return run


async def running_run(session: AsyncSession, queue: WorkQueue, worker: str = "w") -> FlowRun:
    """Let an online worker take a run and start its process."""
    run = await taken_run(session, queue, worker)
    assert await propose(session, run, Running(), process_of(run, worker)) == "ACCEPT"
    return run


async def hear(session: AsyncSession, *runs: FlowRun, are_lasting: bool = True) -> None:
    await attempts.record_signs_of_life(
        session=session, flow_run_ids=[run.id for run in runs], times=TIMES, are_lasting=are_lasting
    )
    for run in runs:
        await session.refresh(run)


async def go_offline(session: AsyncSession, worker: str = "w") -> None:
    """Let a worker have sent nothing for long, and its runs have changed long ago."""
    await session.execute(
        sa.update(Worker).where(Worker.name == worker).values(last_heartbeat_time=ago(minutes=5))
    )
    await session.execute(
        sa.update(FlowRun).where(FlowRun.worker_name == worker).values(state_timestamp=ago(minutes=4))
    )


def seconds_left(run: FlowRun) -> float:
    assert run.lease_expires_at is not None
    return (run.lease_expires_at - ago()).total_seconds()


async def end_what_is_over(session: AsyncSession, run: FlowRun) -> bool:
    ended = await end_expired_attempt(session, run.id, TIMES)
    await session.refresh(run)
    return ended
