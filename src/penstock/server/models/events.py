"""Reading recorded events."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector, orm_models


@db_injector
async def read_events(
    db: DBInterface,
    session: AsyncSession,
    resource_id: str | None = None,
    name_prefix: str | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.Event]:
    """Read events in the order in which they were recorded.

    Args:
        resource_id: only of this resource, for example ``prefect.work-pool.<id>``.
        name_prefix: only events whose name begins so, for example ``prefect.work-queue.``.
    """
    statement = sa.select(db.Event).order_by(db.Event.occurred, db.Event.id).limit(limit)
    if resource_id is not None:
        statement = statement.where(db.Event.resource_id == resource_id)
    if name_prefix is not None:
        statement = statement.where(db.Event.event.startswith(name_prefix, autoescape=True))
    return (await session.scalars(statement)).all()
