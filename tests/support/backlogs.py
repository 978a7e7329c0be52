"""Runs in bulk: copies that the database makes of a run that the model functions made."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from penstock.server.database.expressions import seconds_before_now
from penstock.server.database.orm_models import FlowRun, WorkQueue


class new_id(FunctionElement[UUID]):  # noqa: N801 - reads like a SQL function
    """An id that nothing else has, another one in each row."""

    type = sa.Uuid()
    inherit_cache = True
    name = "new_id"


@compiles(new_id, "postgresql")
def _new_id_postgresql(element: new_id, compiler: SQLCompiler, **kw: Any) -> str:
    return "gen_random_uuid()"


@compiles(new_id, "sqlite")
def _new_id_sqlite(element: new_id, compiler: SQLCompiler, **kw: Any) -> str:
    return "lower(hex(randomblob(16)))"


async def copy_run(
    session: AsyncSession,
    original: FlowRun,
    work_queue_ids: Sequence[UUID],
    number: int,
    *,
    seconds_apart: float = 0.0,
) -> None:
    """Copy a run into queues, as many times as is said and in turn; one statement.

    Args:
        seconds_apart: the first copy is planned for now and each further one so long before; the
            plan of the original is copied when this is 0.
    """
    columns = {
        column.name: column
        for column in FlowRun.__table__.columns
        if column.computed is None and column.identity is None
    }
    count = _count_to(number)
    queue = (
        sa.select(WorkQueue.id, (sa.func.row_number().over(order_by=WorkQueue.id) - 1).label("place"))
        .where(WorkQueue.id.in_(work_queue_ids))
        .cte("queue")
    )
    values = columns | {"id": new_id(), "work_queue_id": queue.c.id}
    if seconds_apart:
        values["next_scheduled_start_time"] = seconds_before_now(
            sa.cast(count.c.n * sa.literal(seconds_apart, sa.Double()), sa.Double())
        )
    copies = (
        sa.select(*values.values())
        .select_from(FlowRun)
        .join(count, sa.true())
        .join(queue, queue.c.place == count.c.n % len(work_queue_ids))
        .where(columns["id"] == original.id)
    )
    await session.execute(sa.insert(FlowRun.__table__).from_select(list(values), copies))


def _count_to(number: int) -> sa.CTE:
    first = sa.select(sa.literal(0).label("n"))
    count = first.cte("count", recursive=True)
    return count.union_all(sa.select(count.c.n + 1).where(count.c.n < number - 1))
