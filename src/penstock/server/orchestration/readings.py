"""Reading a run with its surroundings, as the rules see it."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseTimes
from penstock.core.errors import ObjectNotFoundError
from penstock.core.states import SLOT_STATES
from penstock.schemas.states import State
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.dispatch import drains
from penstock.server.database.expressions import database_now, is_among
from penstock.server.database.joint_writes import version_of
from penstock.server.database.json import dump_json
from penstock.server.database.orm_models import Deployment, FlowRun, TaskRun, WorkPool, WorkQueue
from penstock.server.models.concurrency_limits.deployment_limits import DeploymentLimit
from penstock.server.models.run_contexts import CONTEXT_COLUMNS, context_of, join_context
from penstock.server.orchestration.slot_gate import USE_COLUMNS
from penstock.server.orchestration.transition import NOBODY, Limits, Proposer, Transition

_RUNS: sa.Select[Any] = join_context(
    sa.select(
        FlowRun,
        *CONTEXT_COLUMNS,
        WorkQueue.is_paused.label("work_queue_paused"),
        WorkPool.is_paused.label("work_pool_paused"),
        WorkQueue.concurrency_limit.label("work_queue_limit"),
        WorkPool.concurrency_limit.label("work_pool_limit"),
        Deployment.concurrency_limit_id.label("deployment_limit_id"),
        Deployment.concurrency_options.label("concurrency_options"),
        drains(sa.bindparam("worker_name", type_=sa.Text())).label("worker_is_draining"),
        database_now().label("now"),
    )
).execution_options(populate_existing=True)

_RUN = _RUNS.where(FlowRun.id == sa.bindparam("flow_run_id", type_=sa.Uuid()))

_LOCK_RUN = _RUN.with_for_update(of=FlowRun)
"""The run's row is locked until the transaction ends."""

_LOCK_RUN_AND_PARENT = (
    _RUN.add_columns(TaskRun)
    .join(TaskRun, TaskRun.id == FlowRun.parent_task_run_id)
    .with_for_update(of=(FlowRun, TaskRun), key_share=True)
)
"""The same with the task run that the run stands for; nothing is found where it is not known here."""

_LOCK_RUN_AND_COUNT = _LOCK_RUN.add_columns(*USE_COLUMNS)
"""The same with the use of the limits, for the one writer of a database."""

_UNASKED = (FlowRun.parameters, FlowRun.context, FlowRun.labels, FlowRun.job_variables)
"""What no rule and no event is about, and what may be long."""

_LOCK_RUNS = (
    _RUNS.where(is_among(FlowRun.id, sa.bindparam("flow_run_ids", type_=sa.Text())))
    .order_by(FlowRun.id)
    .with_for_update(of=FlowRun)
    .options(*(defer(column, raiseload=True) for column in _UNASKED))
)
"""Rows are locked one after the other, in the order of the sort: those of who locks several never cross."""


@db_injector
async def lock_transition(
    db: DBInterface,
    session: AsyncSession,
    flow_run_id: UUID,
    state: State,
    proposer: Proposer = NOBODY,
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES,
    has_parent: bool = False,
) -> Transition:
    """Lock the run and read it with its surroundings, in one statement.

    Args:
        has_parent: the run is known to stand for a task run, which is then locked with it.

    Raises:
        ObjectNotFoundError: there is no such run.
    """
    if has_parent:
        row = await _find(session, _LOCK_RUN_AND_PARENT, flow_run_id, proposer)
        if row is not None:
            transition = transition_of(session, row, None, state, proposer, lease_times)
            transition.parent = row.TaskRun
            return transition
    counts = db.dialect.single_writer and state.type in SLOT_STATES
    statement = _LOCK_RUN_AND_COUNT if counts else _LOCK_RUN
    row = await _read(session, statement, flow_run_id, proposer)
    use = (row.work_queue_use, row.work_pool_use) if counts else None
    return transition_of(session, row, use, state, proposer, lease_times)


async def look_at_transition(
    session: AsyncSession,
    flow_run_id: UUID,
    row_version: str,
    state: State,
    proposer: Proposer = NOBODY,
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES,
) -> Transition:
    """Read the run with its surroundings and its version, without a lock.

    Args:
        row_version: that of the dialect.

    Raises:
        ObjectNotFoundError: there is no such run.
    """
    row = await _read(session, _run_with_version(row_version), flow_run_id, proposer)
    transition = transition_of(session, row, None, state, proposer, lease_times)
    transition.version = row.version
    return transition


async def lock_runs(
    session: AsyncSession, flow_run_ids: Iterable[UUID], worker_name: str | None
) -> Mapping[UUID, Any]:
    """Lock several runs and read them with their surroundings, in one statement.

    Args:
        worker_name: of who is going to propose something.

    Returns:
        What ``transition_of`` wants to be given, by run; runs that do not exist are left out.
    """
    ids = dump_json(sorted(one.hex for one in set(flow_run_ids)))
    rows = await session.execute(_LOCK_RUNS, {"flow_run_ids": ids, "worker_name": worker_name})
    return {row.FlowRun.id: row for row in rows}


@lru_cache(maxsize=2)
def _run_with_version(row_version: str) -> sa.Select[Any]:
    return _RUN.add_columns(version_of(FlowRun, row_version).label("version"))


async def _read(
    session: AsyncSession, statement: sa.Select[Any], flow_run_id: UUID, proposer: Proposer
) -> Any:
    row = await _find(session, statement, flow_run_id, proposer)
    if row is None:
        raise ObjectNotFoundError("Flow run", flow_run_id)
    return row


async def _find(
    session: AsyncSession, statement: sa.Select[Any], flow_run_id: UUID, proposer: Proposer
) -> Any | None:
    asked = {"flow_run_id": flow_run_id, "worker_name": proposer.worker_name}
    return (await session.execute(statement, asked)).one_or_none()


def transition_of(
    session: AsyncSession,
    row: Any,
    use: tuple[int, int] | None,
    state: State,
    proposer: Proposer,
    lease_times: LeaseTimes,
) -> Transition:
    """Return what is proposed for a run that was read.

    Args:
        row: the run with its surroundings.
        use: what is in use of the limits of its queue and its pool; None where that was not counted.
    """
    run: FlowRun = row.FlowRun
    queue_use, pool_use = use or (None, None)
    return Transition(
        session=session,
        flow_run=run,
        initial=run.state,
        proposed=state,
        context=context_of(run, row),
        limits=Limits(
            work_queue_paused=bool(row.work_queue_paused),
            work_pool_paused=bool(row.work_pool_paused),
            worker_is_draining=bool(row.worker_is_draining),
            work_queue_limit=row.work_queue_limit,
            work_pool_limit=row.work_pool_limit,
            work_queue_use=queue_use,
            work_pool_use=pool_use,
        ),
        deployment_limit=DeploymentLimit.of(row.deployment_limit_id, row.concurrency_options),
        now=row.now,
        proposer=proposer.about(run),
        lease_times=lease_times,
    )
