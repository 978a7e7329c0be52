"""Rows to filter, written straight into the tables."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.server.database import orm_models
from penstock.server.database.filters.operators import Condition

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def numbered(number: int) -> UUID:
    """Return an id that sorts by its number."""
    return UUID(int=number)


async def names_where(
    session: AsyncSession, model: Any, condition: Condition, order: Sequence[Any] = ()
) -> list[str]:
    """Return the names of the rows that match, in order or sorted."""
    rows = await session.scalars(sa.select(model.name).where(condition).order_by(*order))
    return list(rows) if order else sorted(rows)


async def add_pools(session: AsyncSession) -> None:
    """Two pools; "Alpha" has queues "High", "high-2" and "100", "beta" has "default"."""
    session.add_all(
        [
            orm_models.WorkPool(id=numbered(1), name="Alpha", type="process"),
            orm_models.WorkPool(id=numbered(2), name="beta", type="docker"),
            orm_models.WorkPool(id=numbered(3), name="Beta", type="process"),
        ]
    )
    await session.flush()
    session.add_all(
        [
            orm_models.WorkQueue(id=numbered(11), work_pool_id=numbered(1), name="High", priority=1),
            orm_models.WorkQueue(id=numbered(12), work_pool_id=numbered(1), name="high-2", priority=2),
            orm_models.WorkQueue(id=numbered(13), work_pool_id=numbered(1), name="10_0", priority=3),
            orm_models.WorkQueue(id=numbered(14), work_pool_id=numbered(2), name="default", priority=1),
        ]
    )
    await session.flush()


async def add_flows(session: AsyncSession) -> None:
    """Three flows with tags; "etl" has deployments "nightly" and "hourly", "Report" has "weekly"."""
    session.add_all(
        [
            orm_models.Flow(id=numbered(21), name="etl", tags=["a", "b"]),
            orm_models.Flow(id=numbered(22), name="Report_100%", tags=["b"]),
            orm_models.Flow(id=numbered(23), name="idle", tags=[]),
        ]
    )
    await session.flush()
    deployments = [
        ("nightly", 21, 11, "stale name", ["a", "b"], False),
        ("hourly", 21, 14, "default", ["b", "c"], True),
        ("weekly", 22, None, "gone", [], False),
    ]
    for number, (name, flow, queue, queue_name, tags, paused) in enumerate(deployments, 31):
        session.add(
            orm_models.Deployment(
                id=numbered(number),
                name=name,
                flow_id=numbered(flow),
                work_queue_id=numbered(queue) if queue else None,
                work_queue_name=queue_name,
                tags=tags,
                paused=paused,
            )
        )
    await session.flush()


async def add_run(session: AsyncSession, number: int, name: str, **fields: Any) -> None:
    """A SCHEDULED run of the flow "etl" unless told otherwise."""
    given = {
        "flow_id": numbered(21),
        "state_type": StateType.SCHEDULED,
        "state_name": "Scheduled",
        "expected_start_time": NOON,
        **fields,
    }
    session.add(orm_models.FlowRun(id=numbered(number), name=name, **given))
    await session.flush()
