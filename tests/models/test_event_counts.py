"""Counting events by time, name and resource."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import InvalidInputError
from penstock.schemas.filters import EventFilter, EventOccurredFilter
from penstock.schemas.responses import Countable, EventCount, TimeUnit
from penstock.server.models import event_counts, events
from tests.support.events import make_event

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


async def counts(
    session: AsyncSession,
    countable: Countable,
    *,
    since: datetime = NOON - timedelta(hours=1),
    until: datetime = NOON + timedelta(hours=1),
    unit: TimeUnit = TimeUnit.day,
    interval: float = 1.0,
) -> list[EventCount]:
    return await event_counts.count_events_by(
        session=session,
        event_filter=EventFilter(occurred=EventOccurredFilter(since=since, until=until)),
        countable=countable,
        time_unit=unit,
        time_interval=interval,
    )


async def test_by_time_with_the_empty_spans(session: AsyncSession) -> None:
    moments = [
        NOON - timedelta(microseconds=1),
        NOON,
        NOON + timedelta(minutes=29, seconds=59, microseconds=999_999),
        NOON + timedelta(hours=1),
    ]
    await events.create_events(session=session, events=[make_event(occurred=moment) for moment in moments])

    found = await counts(session, Countable.time, unit=TimeUnit.minute, interval=30)

    assert [one.count for one in found] == [0, 1, 2, 0, 1]
    assert found[2].start_time == NOON
    assert found[2].end_time == NOON + timedelta(minutes=30)


async def test_spans_are_the_same_whatever_the_beginning(session: AsyncSession) -> None:
    found = await counts(session, Countable.time, unit=TimeUnit.hour, since=NOON - timedelta(minutes=7))

    assert found[0].start_time == NOON - timedelta(hours=1)


async def test_spans_may_be_shorter_than_a_second(session: AsyncSession) -> None:
    await events.create_events(
        session=session, events=[make_event(occurred=NOON + timedelta(milliseconds=n)) for n in (5, 15, 19)]
    )

    found = await counts(
        session,
        Countable.time,
        since=NOON,
        until=NOON + timedelta(milliseconds=29),
        unit=TimeUnit.second,
        interval=0.01,
    )

    assert [one.count for one in found] == [1, 2, 0]


async def test_by_day(session: AsyncSession) -> None:
    await events.create_events(
        session=session, events=[make_event(occurred=NOON), make_event(occurred=NOON - timedelta(days=2))]
    )

    found = await counts(session, Countable.day, since=NOON - timedelta(days=2), until=NOON)

    assert [(one.start_time.day, one.count) for one in found] == [(8, 1), (9, 0), (10, 1)]


async def test_by_name_and_by_resource_the_most_frequent_first(session: AsyncSession) -> None:
    later = NOON + timedelta(minutes=1)
    await events.create_events(
        session=session,
        events=[
            make_event("rare", "thing.1", occurred=NOON),
            make_event("often", "thing.2", occurred=NOON, labels={"prefect.resource.name": "Second"}),
            make_event("often", "thing.2", occurred=later),
        ],
    )

    by_name = await counts(session, Countable.event)
    by_resource = await counts(session, Countable.resource)

    assert [(one.value, one.count) for one in by_name] == [("often", 2), ("rare", 1)]
    assert (by_name[0].start_time, by_name[0].end_time) == (NOON, later)
    assert [(one.value, one.label) for one in by_resource] == [("thing.2", "Second"), ("thing.1", "thing.1")]


async def test_too_many_spans_are_refused(session: AsyncSession) -> None:
    with pytest.raises(InvalidInputError, match="at most 1000"):
        await counts(session, Countable.time, unit=TimeUnit.second, interval=1)


async def test_a_time_that_ends_before_it_begins_has_no_spans(session: AsyncSession) -> None:
    assert await counts(session, Countable.day, until=NOON - timedelta(days=3)) == []
