"""Events: writing those that clients report, and reading (orchestration.md 4.3).

The server's own events are written by ``penstock.server.events.outbox``.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.schemas.core import Event
from penstock.schemas.filters import EventFilter
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.announcements import EVENTS, announce
from penstock.server.database.expressions import seconds_before_now
from penstock.server.database.filters import (
    after_event,
    distinct_event_ids,
    event_criteria,
    event_ordering,
)

LISTING_SECONDS = 180 * 24 * 3600
"""How far back events are listed when nobody says."""


@db_injector
async def create_events(db: DBInterface, session: AsyncSession, events: Sequence[Event]) -> list[Event]:
    """Write events; one whose id is known already is left out.

    Returns:
        The events that were new, in their order.
    """
    by_id: dict[UUID, Event] = {}
    for event in events:
        by_id.setdefault(event.id, event)
    known = set(await session.scalars(sa.select(db.Event.id).where(db.Event.id.in_(by_id))))
    new = [event for event in by_id.values() if event.id not in known]
    if not new:
        return []
    received = utc_now()
    await session.execute(
        db.dialect.insert_or_ignore(db.Event),
        [
            {
                "id": event.id,
                "occurred": event.occurred,
                "event": event.event,
                "resource_id": event.resource_id,
                "resource": event.resource,
                "related": event.related,
                "payload": event.payload,
                "received": received,
                "follows": event.follows,
            }
            for event in new
        ],
    )
    announce(session, EVENTS)
    return new


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


@db_injector
async def read_matching_events(
    db: DBInterface,
    session: AsyncSession,
    event_filter: EventFilter,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> Sequence[orm_models.Event]:
    """Read the events that match, in the order of the filter.

    Args:
        after: time and id of the event behind which the reading goes on; None from the beginning.
    """
    statement = sa.select(db.Event).order_by(*event_ordering(event_filter.order)).limit(limit)
    if event_filter.resource is not None and event_filter.resource.distinct:
        statement = statement.where(db.Event.id.in_(distinct_event_ids(event_filter)))
    else:
        statement = statement.where(event_criteria(event_filter))
    if after is not None:
        statement = statement.where(after_event(event_filter.order, *after))
    return (await session.scalars(statement)).all()


@db_injector
async def count_events(db: DBInterface, session: AsyncSession, event_filter: EventFilter) -> int:
    """Count the events that match."""
    if event_filter.resource is not None and event_filter.resource.distinct:
        statement = sa.select(sa.func.count(sa.distinct(db.Event.resource_id)))
    else:
        statement = sa.select(sa.func.count()).select_from(db.Event)
    return await session.scalar(statement.where(event_criteria(event_filter))) or 0


@db_injector
async def delete_old_events(
    db: DBInterface, session: AsyncSession, older_than_seconds: float, limit: int
) -> int:
    """Delete at most ``limit`` of the oldest events that are older than that; returns how many."""
    old = (
        sa.select(db.Event.position)
        .where(db.Event.occurred < seconds_before_now(sa.literal(older_than_seconds, sa.Float())))
        .order_by(db.Event.occurred, db.Event.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    positions = (await session.scalars(old)).all()
    if positions:
        await session.execute(
            sa.delete(db.Event)
            .where(db.Event.position.in_(positions))
            .execution_options(synchronize_session=False)
        )
    return len(positions)
