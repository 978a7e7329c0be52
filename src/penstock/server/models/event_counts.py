"""Counting events by time, name or resource (orchestration.md 4.3)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import InvalidInputError
from penstock.schemas.core.events import RESOURCE_NAME
from penstock.schemas.filters import EventFilter
from penstock.schemas.responses import Countable, EventCount, TimeUnit
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import epoch_microseconds, label_text
from penstock.server.database.filters import event_criteria

PIVOT = datetime(2024, 4, 1, tzinfo=UTC)
"""Spans of time are counted from here, so that the same question always makes the same spans."""

MOST_SPANS = 1000

UNITS = {
    TimeUnit.week: timedelta(weeks=1),
    TimeUnit.day: timedelta(days=1),
    TimeUnit.hour: timedelta(hours=1),
    TimeUnit.minute: timedelta(minutes=1),
    TimeUnit.second: timedelta(seconds=1),
}

_MICROSECOND = timedelta(microseconds=1)


@db_injector
async def count_events_by(
    db: DBInterface,
    session: AsyncSession,
    event_filter: EventFilter,
    countable: Countable,
    time_unit: TimeUnit = TimeUnit.day,
    time_interval: float = 1.0,
) -> list[EventCount]:
    """Count the events that match: spans of time from the first to the last, else the most frequent first.

    Args:
        event_filter: both ends of its time must be given.
        time_unit: with ``time_interval`` the length of a span; counting by day has its own.

    Raises:
        InvalidInputError: there would be too many spans.
    """
    if countable is Countable.day:
        return await _count_by_time(db, session, event_filter, timedelta(days=1))
    if countable is Countable.time:
        try:
            span = UNITS[time_unit] * time_interval
        except OverflowError:
            raise InvalidInputError("time_interval", "The interval is too long.") from None
        return await _count_by_time(db, session, event_filter, span)
    if countable is Countable.event:
        return await _count_by_text(db, session, event_filter, db.Event.event, None)
    name = sa.func.max(label_text(db.Event.resource, sa.literal(RESOURCE_NAME, sa.Text())))
    return await _count_by_text(db, session, event_filter, db.Event.resource_id, name)


async def _count_by_time(
    db: DBInterface, session: AsyncSession, event_filter: EventFilter, span: timedelta
) -> list[EventCount]:
    first, spans = _spans(event_filter, span)
    length, start = span // _MICROSECOND, (first - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND
    since_start = epoch_microseconds(db.Event.occurred) - sa.literal(start, sa.BigInteger())
    number = since_start // sa.literal(length, sa.BigInteger())
    found = sa.select(number.label("number")).where(event_criteria(event_filter)).subquery()
    counted = sa.select(found.c.number, sa.func.count().label("total")).group_by(found.c.number)
    counts = {row.number: row.total for row in await session.execute(counted)}
    return [_span_count(first + n * span, span, counts.get(n, 0)) for n in range(spans)]


def _spans(event_filter: EventFilter, span: timedelta) -> tuple[datetime, int]:
    """Return where the first span begins, and how many there are."""
    since, until = event_filter.occurred.since, event_filter.occurred.until
    assert since is not None
    assert until is not None
    if until < since:
        return since, 0
    try:
        first = PIVOT + ((since - PIVOT) // span) * span
    except OverflowError:
        raise InvalidInputError("filter", "The time asked for begins too early for this interval.") from None
    spans = (until - first) // span + 1
    if spans > MOST_SPANS:
        raise InvalidInputError(
            "time_interval", f"That makes {spans} spans of time; at most {MOST_SPANS} are counted at once."
        )
    return first, spans


def _span_count(start: datetime, span: timedelta, count: int) -> EventCount:
    try:
        end = start + span
    except OverflowError:
        end = datetime.max.replace(tzinfo=UTC)
    text = start.isoformat()
    return EventCount(value=text, label=text, count=count, start_time=start, end_time=end)


async def _count_by_text(
    db: DBInterface, session: AsyncSession, event_filter: EventFilter, value: Any, label: Any
) -> list[EventCount]:
    columns: Iterable[Any] = (
        value.label("value"),
        (value if label is None else sa.func.coalesce(label, value)).label("label"),
        sa.func.count().label("count"),
        sa.func.min(db.Event.occurred).label("start_time"),
        sa.func.max(db.Event.occurred).label("end_time"),
    )
    rows = await session.execute(
        sa.select(*columns)
        .where(event_criteria(event_filter))
        .group_by(value)
        .order_by(sa.func.count().desc(), value)
    )
    return [EventCount.model_validate(row) for row in rows]
