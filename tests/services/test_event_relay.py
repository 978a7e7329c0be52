"""The relay: committed events reach those who want them, at once, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from penstock.schemas.filters import EventFilter
from penstock.server.database import DBInterface
from penstock.server.models import events
from penstock.server.services import EventRelay, LiveEvent, Subscription
from penstock.server.services.relay import BUFFER_SIZE
from tests.support.events import make_event, related_to, report, rolled_back, within


@pytest.fixture
async def relay(db: DBInterface) -> AsyncIterator[EventRelay]:
    """One that looks by itself so rarely that only announcements can make it quick."""
    relay = EventRelay(db, poll_seconds=600)
    yield relay
    await relay.stop()


def wanting(**asked: Any) -> EventFilter:
    return EventFilter.model_validate(asked)


async def names(subscription: Subscription[LiveEvent], number: int) -> list[str]:
    return [(await within(5, subscription.next())).event.event for _ in range(number)]


async def test_committed_events_are_passed_on_without_delay(db: DBInterface, relay: EventRelay) -> None:
    async with relay.subscribe(EventFilter()) as subscription:
        await report(db, make_event("one"))
        await report(db, make_event("two"), make_event("three"))

        assert await names(subscription, 3) == ["one", "two", "three"]


async def test_nothing_is_passed_on_that_was_rolled_back(db: DBInterface, relay: EventRelay) -> None:
    async with relay.subscribe(EventFilter()) as subscription:
        async with rolled_back(db) as session:
            await events.create_events(session=session, events=[make_event("never")])
        await report(db, make_event("after"))

        assert await names(subscription, 1) == ["after"]


async def test_what_happened_before_is_not_passed_on(db: DBInterface, relay: EventRelay) -> None:
    await report(db, make_event("before"))
    async with relay.subscribe(EventFilter()) as subscription:
        await report(db, make_event("after"))

        assert await names(subscription, 1) == ["after"]


@pytest.mark.parametrize(
    "asked",
    [
        {"event": {"name": ["wanted"]}},
        {"event": {"prefix": ["want"]}},
        {"resource": {"id": ["wanted.thing"]}},
        {"any_resource": {"id": ["wanted.thing"]}},
        {"any_resource": {"id": ["wanted.pool"]}},
        {"related": {"id": ["wanted.pool"]}},
        {"resource": {"labels": {"color": "r*d"}}},
    ],
)
async def test_subscribers_get_what_they_ask_for(
    db: DBInterface, relay: EventRelay, asked: dict[str, Any]
) -> None:
    wanted = make_event(
        "wanted", "wanted.thing", labels={"color": "red"}, related=[related_to("wanted.pool", "work-pool")]
    )
    async with relay.subscribe(wanting(**asked)) as subscription:
        await report(db, make_event("other", "other.thing", related=[related_to("other.pool")]), wanted)

        live = await within(5, subscription.next())

    assert live.event.id == wanted.id


async def test_a_name_and_a_resource_must_both_fit(db: DBInterface, relay: EventRelay) -> None:
    asked = wanting(event={"name": ["cancel"]}, any_resource={"id": ["pool.1"]})
    async with relay.subscribe(asked) as subscription:
        await report(
            db,
            make_event("cancel", related=[related_to("pool.2")]),
            make_event("pause", related=[related_to("pool.1")]),
            make_event("cancel", related=[related_to("pool.1")], labels={"hit": "yes"}),
        )

        assert (await within(5, subscription.next())).event.resource["hit"] == "yes"


async def test_several_subscribers_each_get_their_own(db: DBInterface, relay: EventRelay) -> None:
    async with (
        relay.subscribe(wanting(event={"name": ["a"]})) as first,
        relay.subscribe(wanting(event={"name": ["a", "b"]})) as second,
    ):
        await report(db, make_event("b"), make_event("a"))

        assert await names(second, 2) == ["b", "a"]
        assert await names(first, 1) == ["a"]


async def test_a_slow_subscriber_loses_events_that_are_counted(db: DBInterface, relay: EventRelay) -> None:
    async with (
        relay.subscribe(EventFilter()) as slow,
        relay.subscribe(wanting(event={"name": ["last"]})) as quick,
    ):
        await report(db, *(make_event(f"n{number}") for number in range(BUFFER_SIZE + 10)))
        await report(db, make_event("last"))
        await names(quick, 1)

        assert slow.dropped == 11
        assert await names(slow, 2) == ["n0", "n1"]


async def test_it_stops_reading_when_nobody_listens_and_begins_again(
    db: DBInterface, relay: EventRelay
) -> None:
    async with relay.subscribe(EventFilter()):
        pass
    async with asyncio.timeout(5):
        while relay._task is not None and not relay._task.done():
            await asyncio.sleep(0.001)
    await report(db, make_event("unheard"))
    async with relay.subscribe(EventFilter()) as subscription:
        await report(db, make_event("heard"))

        assert await names(subscription, 1) == ["heard"]


async def test_events_of_another_process_are_found_by_looking(db: DBInterface, database_url: str) -> None:
    relay = EventRelay(db, poll_seconds=0.05)
    other = DBInterface(database_url)
    async with relay.subscribe(EventFilter()) as subscription:
        await report(other, make_event("elsewhere"))

        assert await names(subscription, 1) == ["elsewhere"]
    await relay.stop()
    await other.dispose()
