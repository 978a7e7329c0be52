"""Short ways to set a scene through the model functions: pools, queues, flows, deployments, runs."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.schemas.responses import OrchestrationResult
from penstock.schemas.states import Scheduled, State
from penstock.server import models
from penstock.server.database.orm_models import (
    Deployment,
    Event,
    Flow,
    FlowRun,
    FlowRunState,
    WorkPool,
    WorkQueue,
)
from penstock.server.orchestration import set_flow_run_state

_numbers = count(1)


def unique(kind: str) -> str:
    """Return a name that no other thing of this test run has."""
    return f"{kind}-{next(_numbers)}"


def ago(**parts: float) -> datetime:
    """Return the moment so long before now: ``ago(minutes=3)``."""
    return utc_now() - timedelta(**parts)


def due(**parts: float) -> State:
    """Return a Scheduled state that was due so long ago; negative parts are in the future."""
    return Scheduled(ago(**parts))


async def make_pool(
    session: AsyncSession, name: str | None = None, *, type: str = "process", **fields: Any
) -> WorkPool:
    """Create a work pool; its default queue comes with it."""
    pool = schemas.actions.WorkPoolCreate(name=name or unique("pool"), type=type, **fields)
    return await models.workers.create_work_pool(session=session, work_pool=pool)


async def make_queue(
    session: AsyncSession, pool: WorkPool, name: str | None = None, **fields: Any
) -> WorkQueue:
    """Create a further queue of a pool."""
    queue = schemas.actions.WorkQueueCreate(name=name or unique("queue"), **fields)
    return await models.workers.create_work_queue(session=session, work_pool_id=pool.id, work_queue=queue)


async def make_queues(session: AsyncSession, pool: WorkPool, *names: str) -> list[WorkQueue]:
    """Create further queues, one after the other in priority."""
    return [await make_queue(session, pool, name) for name in names]


async def default_queue(session: AsyncSession, pool: WorkPool) -> WorkQueue:
    """Read the default queue of a pool."""
    queue = await session.get(WorkQueue, pool.default_queue_id)
    assert queue is not None
    return queue


async def make_flow(session: AsyncSession, name: str = "flow", *, tags: Iterable[str] = ()) -> Flow:
    """Create a flow, or find the one of that name."""
    flow = schemas.actions.FlowCreate(name=name, tags=list(tags))
    return await models.flows.create_flow(session=session, flow=flow)


async def make_deployment(
    session: AsyncSession,
    queue: WorkQueue | None = None,
    name: str | None = None,
    *,
    flow: Flow | None = None,
    **fields: Any,
) -> Deployment:
    """Create a deployment whose runs go to the queue."""
    flow = flow or await make_flow(session)
    return await models.deployments.create_deployment(
        session=session,
        deployment=schemas.actions.DeploymentCreate(
            name=name or unique("deployment"), flow_id=flow.id, **fields
        ),
        work_queue_id=queue.id if queue else None,
    )


async def make_run(
    session: AsyncSession,
    queue: WorkQueue | None = None,
    state: State | None = None,
    name: str | None = None,
    *,
    flow: Flow | None = None,
    without_state: bool = False,
    **fields: Any,
) -> FlowRun:
    """Create a run in a queue, in the state as it is given (due now when it is left out)."""
    flow = flow or await make_flow(session)
    run = schemas.core.FlowRun(
        name=name or unique("run"),
        flow_id=flow.id,
        work_queue_id=queue.id if queue else None,
        work_queue_name=fields.pop("work_queue_name", queue.name if queue else None),
        state=None if without_state else state or Scheduled(),
        **fields,
    )
    return await models.new_flow_runs.create_flow_run(session=session, flow_run=run)


async def make_runs(
    session: AsyncSession, queue: WorkQueue, number: int, state: State | None = None
) -> list[FlowRun]:
    """Create several runs; those that wait are due one second after the other, all in the past."""
    return [
        await make_run(session, queue, state.model_copy() if state else due(seconds=number - n + 60))
        for n in range(number)
    ]


async def propose(
    session: AsyncSession, run: FlowRun, state: State, *, force: bool = False
) -> OrchestrationResult:
    """Propose a state for a run."""
    return await set_flow_run_state(session=session, flow_run_id=run.id, state=state, force=force)


async def history(session: AsyncSession, run: FlowRun) -> list[FlowRunState]:
    """Read the states of a run, the oldest first."""
    return list(await models.flow_run_states.read_flow_run_states(session=session, flow_run_id=run.id))


async def event_names(session: AsyncSession, prefix: str = "prefect.") -> list[str]:
    """Read the names of the events, the oldest first, without ``prefect.``."""
    events = await models.events.read_events(session=session, name_prefix=prefix)
    return [event.event.removeprefix("prefect.") for event in events]


async def last_event(session: AsyncSession, name: str) -> Event:
    """Read the newest event of that name."""
    return (await models.events.read_events(session=session, name_prefix=name))[-1]


async def poll(session: AsyncSession, **choice: Any) -> list[str]:
    """Return the names of the runs that a poll would give, in order."""
    found = await models.workers.get_scheduled_flow_runs(session=session, **choice)
    return [one.flow_run.name for one in found]


async def set_columns(
    session: AsyncSession, row: WorkPool | WorkQueue | FlowRun | Deployment, **values: Any
) -> None:
    """Write columns behind the models' back, to set a scene they would not make."""
    kind = type(row)
    await session.execute(sa.update(kind).where(kind.id == row.id).values(**values))
    await session.refresh(row)


def ids(rows: Sequence[Any]) -> list[UUID]:
    """Return the ids of rows."""
    return [row.id for row in rows]
