"""Reading the surroundings of runs and deployments: flow, deployment, queue, pool."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, is_among
from penstock.server.database.json import dump_ids
from penstock.server.database.orm_models import Deployment, Flow, FlowRun, WorkPool, WorkQueue
from penstock.server.database.plain import Row, Statements
from penstock.server.events.run_context import RunContext

CONTEXT_COLUMNS: tuple[sa.ColumnElement[Any], ...] = (
    sa.inspect(Flow).columns["name"].label("flow_name"),
    sa.inspect(Flow).columns["tags"].label("flow_tags"),
    sa.inspect(Deployment).columns["name"].label("deployment_name"),
    sa.inspect(Deployment).columns["tags"].label("deployment_tags"),
    sa.inspect(WorkQueue).columns["name"].label("work_queue_name"),
    sa.inspect(WorkPool).columns["id"].label("work_pool_id"),
    sa.inspect(WorkPool).columns["name"].label("work_pool_name"),
    sa.inspect(WorkPool).columns["type"].label("work_pool_type"),
)


_NAMES = [column.name for column in CONTEXT_COLUMNS]


def join_context(statement: sa.Select[Any]) -> sa.Select[Any]:
    """Join flow, deployment, queue and pool to a statement over flow runs."""
    return (
        statement.outerjoin(Flow, Flow.id == FlowRun.flow_id)
        .outerjoin(Deployment, Deployment.id == FlowRun.deployment_id)
        .outerjoin(WorkQueue, WorkQueue.id == FlowRun.work_queue_id)
        .outerjoin(WorkPool, WorkPool.id == WorkQueue.work_pool_id)
    )


_OF_RUNS = join_context(sa.select(FlowRun.id, *CONTEXT_COLUMNS, database_now().label("now"))).where(
    is_among(FlowRun.id, sa.bindparam("flow_run_ids", type_=sa.Text()))
)

_OF_IDS = (
    sa.select(*CONTEXT_COLUMNS)
    .select_from(Flow)
    .outerjoin(Deployment, Deployment.id == sa.bindparam("deployment_id", type_=sa.Uuid()))
    .outerjoin(WorkQueue, WorkQueue.id == sa.bindparam("work_queue_id", type_=sa.Uuid()))
    .outerjoin(WorkPool, WorkPool.id == WorkQueue.work_pool_id)
    .where(Flow.id == sa.bindparam("flow_id", type_=sa.Uuid()))
)


def context_of(run: FlowRun, row: Any) -> RunContext:
    """Return the context of a run from a row that has ``CONTEXT_COLUMNS``."""
    return _kept_context(
        run.flow_id,
        row.flow_name,
        tuple(row.flow_tags or ()),
        run.deployment_id,
        row.deployment_name,
        tuple(row.deployment_tags or ()),
        run.work_queue_id,
        row.work_queue_name,
        row.work_pool_id,
        row.work_pool_name,
        row.work_pool_type,
    )


_kept_context = lru_cache(maxsize=256)(RunContext)
"""Many runs have the same surroundings, and what is told of them is worked out once."""


def _named(row: Row) -> SimpleNamespace:
    return SimpleNamespace(**dict(zip(_NAMES, row, strict=True)))


async def read_context_of_new_run(statements: Statements, run: FlowRun) -> RunContext:
    """Read the context of a run that is not there yet, as far as there is one."""
    ids = {"flow_id": run.flow_id, "deployment_id": run.deployment_id, "work_queue_id": run.work_queue_id}
    rows = await statements.rows(_OF_IDS, ids)
    if not rows:
        return RunContext(flow_id=run.flow_id, flow_name=None)
    return context_of(run, _named(rows[0]))


@db_injector
async def read_run_contexts(
    db: DBInterface, session: AsyncSession, runs: Iterable[FlowRun]
) -> dict[UUID, RunContext]:
    """Read the contexts of several runs in one statement, by run id."""
    contexts, _ = await read_run_contexts_and_time(db.statements_of(session), runs)
    return contexts


async def read_run_contexts_and_time(
    statements: Statements, runs: Iterable[FlowRun]
) -> tuple[dict[UUID, RunContext], datetime | None]:
    """Read the contexts of several runs and the database's time in one statement; no time without runs."""
    by_id = {run.id: run for run in runs}
    rows = await statements.rows(_OF_RUNS, {"flow_run_ids": dump_ids(by_id)})
    contexts = {run_id: context_of(by_id[run_id], _named(names)) for run_id, *names, _ in rows}
    return contexts, rows[0][-1] if rows else None


async def read_deployment_contexts(
    session: AsyncSession, deployments: Iterable[Deployment]
) -> dict[UUID, RunContext]:
    """Read the contexts of several deployments in one statement, by deployment id."""
    by_id = {deployment.id: deployment for deployment in deployments}
    rows = await session.execute(
        sa.select(Deployment.id, Flow.name, WorkQueue.name, WorkPool.id, WorkPool.name, WorkPool.type)
        .join(Flow, Flow.id == Deployment.flow_id)
        .outerjoin(WorkQueue, WorkQueue.id == Deployment.work_queue_id)
        .outerjoin(WorkPool, WorkPool.id == WorkQueue.work_pool_id)
        .where(Deployment.id.in_(by_id))
    )
    return {
        deployment_id: RunContext(
            flow_id=by_id[deployment_id].flow_id,
            flow_name=flow,
            deployment_id=deployment_id,
            deployment_name=by_id[deployment_id].name,
            work_queue_id=by_id[deployment_id].work_queue_id,
            work_queue_name=queue,
            work_pool_id=pool_id,
            work_pool_name=pool,
            work_pool_type=pool_type,
        )
        for deployment_id, flow, queue, pool_id, pool, pool_type in rows
    }
