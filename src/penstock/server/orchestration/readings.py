"""Reading a run with its surroundings, as the rules see it."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseTimes
from penstock.core.errors import ObjectNotFoundError
from penstock.core.states import SLOT_STATES
from penstock.schemas.states import State
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.dispatch import drains
from penstock.server.database.expressions import database_now, is_among
from penstock.server.database.joint_writes import version_of
from penstock.server.database.json import dump_ids
from penstock.server.database.loose_rows import loose_row, stored_columns
from penstock.server.database.orm_models import Deployment, FlowRun, TaskRun, WorkPool, WorkQueue
from penstock.server.database.plain import Row, Statements
from penstock.server.models.concurrency_limits.deployment_limits import DeploymentLimit
from penstock.server.models.run_contexts import CONTEXT_COLUMNS, context_of, join_context
from penstock.server.orchestration.slot_gate import USE_COLUMNS
from penstock.server.orchestration.transition import NOBODY, Limits, Proposer, Transition

_SURROUNDINGS: tuple[sa.ColumnElement[Any], ...] = (
    *CONTEXT_COLUMNS,
    sa.inspect(WorkQueue).columns["is_paused"].label("work_queue_paused"),
    sa.inspect(WorkPool).columns["is_paused"].label("work_pool_paused"),
    sa.inspect(WorkQueue).columns["concurrency_limit"].label("work_queue_limit"),
    sa.inspect(WorkPool).columns["concurrency_limit"].label("work_pool_limit"),
    sa.inspect(Deployment).columns["concurrency_limit_id"].label("deployment_limit_id"),
    sa.inspect(Deployment).columns["concurrency_options"].label("concurrency_options"),
    drains(sa.bindparam("worker_name", type_=sa.Text())).label("worker_is_draining"),
    database_now().label("now"),
)
_IS_IT = FlowRun.id == sa.bindparam("flow_run_id", type_=sa.Uuid())

_RUNS: sa.Select[Any] = join_context(sa.select(FlowRun, *_SURROUNDINGS)).execution_options(
    populate_existing=True
)
"""Runs as objects of the session."""

_LOCK_RUN = _RUNS.where(_IS_IT).with_for_update(of=FlowRun)
"""The run's row is locked until the transaction ends."""

_LOCK_RUN_AND_PARENT = (
    _RUNS.where(_IS_IT)
    .add_columns(TaskRun)
    .join(TaskRun, TaskRun.id == FlowRun.parent_task_run_id)
    .with_for_update(of=(FlowRun, TaskRun), key_share=True)
)
"""The same with the task run that the run stands for; nothing is found where it is not known here."""

_LOCK_RUN_AND_COUNT = _LOCK_RUN.add_columns(*USE_COLUMNS)
"""The same with the use of the limits, for the one writer of a database."""

_COLUMNS = stored_columns(FlowRun)
_LABELS = [column.name for column in (*_SURROUNDINGS, *USE_COLUMNS)]

_PLAIN: sa.Select[Any] = join_context(sa.select(*_COLUMNS.values(), *_SURROUNDINGS)).where(_IS_IT)
_LOCK_PLAIN = _PLAIN.with_for_update(of=FlowRun)
_LOCK_PLAIN_AND_COUNT = _LOCK_PLAIN.add_columns(*USE_COLUMNS)
"""The run's columns, for an object of no session: cheaper where nothing else is asked of it."""

_UNASKED = ("parameters", "context", "labels", "job_variables")
"""What no rule and no event is about, and what may be long."""

_ASKED = {name: column for name, column in _COLUMNS.items() if name not in _UNASKED}
_LOCK_RUNS: sa.Select[Any] = (
    join_context(sa.select(*_ASKED.values(), *_SURROUNDINGS))
    .where(is_among(FlowRun.id, sa.bindparam("flow_run_ids", type_=sa.Text())))
    .order_by(FlowRun.id)
    .with_for_update(of=FlowRun)
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
    plainly: Statements | None = None,
    in_session: bool = True,
) -> Transition:
    """Lock the run and read it with its surroundings, in one statement.

    Args:
        has_parent: the run is known to stand for a task run, which is then locked with it.
        plainly: by these statements the run is read, so that it is an object of no session; without, it is
            one of the session.
        in_session: the transaction is the session's.

    Raises:
        ObjectNotFoundError: there is no such run.
    """
    asked = {"flow_run_id": flow_run_id, "worker_name": proposer.worker_name}
    found: Any = None
    if has_parent:
        found = (await session.execute(_LOCK_RUN_AND_PARENT, asked)).one_or_none()
        if found is not None:
            own = db.statements_of(session)
            transition = transition_of(session, own, found, None, state, proposer, lease_times, in_session)
            transition.parent = found.TaskRun
            return transition
    counts = db.dialect.single_writer and state.type in SLOT_STATES
    if plainly is not None:
        rows = await plainly.rows(_LOCK_PLAIN_AND_COUNT if counts else _LOCK_PLAIN, asked)
        found = _run_of(rows[0]) if rows else None
    else:
        statement = _LOCK_RUN_AND_COUNT if counts else _LOCK_RUN
        found = (await session.execute(statement, asked)).one_or_none()
    if found is None:
        raise ObjectNotFoundError("Flow run", flow_run_id)
    use = (found.work_queue_use, found.work_pool_use) if counts else None
    statements = plainly or db.statements_of(session)
    return transition_of(session, statements, found, use, state, proposer, lease_times, in_session)


async def look_at_transition(
    session: AsyncSession,
    statements: Statements,
    flow_run_id: UUID,
    row_version: str,
    state: State,
    proposer: Proposer = NOBODY,
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES,
) -> Transition:
    """Read the run with its surroundings and its version, without a lock.

    Args:
        session: for what rules ask; the run is no object of it.
        statements: where the run is read, and to be written.
        row_version: that of the dialect.

    Raises:
        ObjectNotFoundError: there is no such run.
    """
    asked = {"flow_run_id": flow_run_id, "worker_name": proposer.worker_name}
    rows = await statements.rows(_run_with_version(row_version), asked)
    if not rows:
        raise ObjectNotFoundError("Flow run", flow_run_id)
    *row, version = rows[0]
    found = _run_of(row)
    transition = transition_of(
        session, statements, found, None, state, proposer, lease_times, in_session=False
    )
    transition.version = version
    return transition


async def lock_runs(
    statements: Statements, flow_run_ids: Iterable[UUID], worker_name: str | None
) -> Mapping[UUID, Any]:
    """Lock several runs and read them with their surroundings, in one statement.

    They are objects of no session, and what no rule asks for is not read of them.

    Args:
        worker_name: of who is going to propose something.

    Returns:
        What ``transition_of`` wants to be given, by run; runs that do not exist are left out.
    """
    ids = dump_ids(sorted(set(flow_run_ids)))
    rows = await statements.rows(_LOCK_RUNS, {"flow_run_ids": ids, "worker_name": worker_name})
    found = (_run_of(row, _ASKED) for row in rows)
    return {one.FlowRun.id: one for one in found}


@lru_cache(maxsize=2)
def _run_with_version(row_version: str) -> sa.Select[Any]:
    return _PLAIN.add_columns(version_of(FlowRun, row_version))


def _run_of(row: Row, columns: Mapping[str, Any] = _COLUMNS) -> SimpleNamespace:
    """Return what ``transition_of`` wants to be given."""
    run = loose_row(FlowRun, dict(zip(columns, row, strict=False)))
    return SimpleNamespace(FlowRun=run, **dict(zip(_LABELS, row[len(columns) :], strict=False)))


def transition_of(
    session: AsyncSession,
    statements: Statements,
    row: Any,
    use: tuple[int, int] | None,
    state: State,
    proposer: Proposer,
    lease_times: LeaseTimes,
    in_session: bool,
) -> Transition:
    """Return what is proposed for a run that was read.

    Args:
        row: the run with its surroundings.
        use: what is in use of the limits of its queue and its pool; None where that was not counted.
        in_session: the transaction of the statements is the session's.
    """
    run: FlowRun = row.FlowRun
    queue_use, pool_use = use or (None, None)
    return Transition(
        session=session,
        statements=statements,
        in_session=in_session,
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
