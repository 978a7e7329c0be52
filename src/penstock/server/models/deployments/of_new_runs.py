"""A deployment with what surrounds the runs that are made of it, read in one plain statement."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from penstock.server.database.loose_rows import loose_row, stored_columns
from penstock.server.database.orm_models import Base, Deployment, Flow, WorkPool, WorkQueue
from penstock.server.database.plain import Row, Statements
from penstock.server.events.run_context import RunContext

_TABLES: tuple[type[Base], ...] = (Deployment, WorkQueue, WorkPool)
_COLUMNS = [list(stored_columns(table).items()) for table in _TABLES]
_WIDTHS = [len(columns) for columns in _COLUMNS]
_FLOW = [sa.inspect(Flow).columns[name] for name in ("name", "tags")]

_DEPLOYMENT = (
    sa.select(*(column for columns in _COLUMNS for _, column in columns), *_FLOW)
    .select_from(Deployment)
    .join(Flow, Flow.id == Deployment.flow_id)
    .outerjoin(WorkQueue, WorkQueue.id == Deployment.work_queue_id)
    .outerjoin(WorkPool, WorkPool.id == WorkQueue.work_pool_id)
    .where(Deployment.id == sa.bindparam("deployment_id", type_=sa.Uuid()))
)


async def read_deployment_of_new_run(
    statements: Statements, deployment_id: UUID
) -> tuple[Deployment, RunContext] | None:
    """Read a deployment with its queue and its pool, and the surroundings of a run in that queue.

    Returns:
        The deployment, which is no object of a session, and the surroundings; None when there is no such
        deployment.
    """
    rows = await statements.rows(_DEPLOYMENT, {"deployment_id": deployment_id})
    if not rows:
        return None
    deployment, queue, pool = (_object(number, rows[0]) for number in range(len(_TABLES)))
    assert isinstance(deployment, Deployment)
    assert queue is None or isinstance(queue, WorkQueue)
    assert pool is None or isinstance(pool, WorkPool)
    vars(deployment).update(work_queue=queue, work_pool=pool)
    *_, flow_name, flow_tags = rows[0]
    return deployment, RunContext(
        flow_id=deployment.flow_id,
        flow_name=flow_name,
        flow_tags=flow_tags or (),
        deployment_id=deployment.id,
        deployment_name=deployment.name,
        deployment_tags=deployment.tags or (),
        work_queue_id=queue.id if queue is not None else None,
        work_queue_name=queue.name if queue is not None else None,
        work_pool_id=pool.id if pool is not None else None,
        work_pool_name=pool.name if pool is not None else None,
        work_pool_type=pool.type if pool is not None else None,
    )


def _object(number: int, row: Row) -> Base | None:
    """Return the object of one of the tables; None where there is no row of it."""
    start = sum(_WIDTHS[:number])
    values: dict[str, Any] = {
        name: value for (name, _), value in zip(_COLUMNS[number], row[start:], strict=False)
    }
    return None if values["id"] is None else loose_row(_TABLES[number], values)
