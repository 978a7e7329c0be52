"""Filters of events: the database and the live matching give the same answer to each."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.schemas.core import Event, ReceivedEvent
from penstock.schemas.filters import EventFilter
from penstock.server.events.matching import EventMatcher
from penstock.server.models import events
from tests.support.events import make_event, related_to

NOW = utc_now()

QUOTED = '{"prefect.resource.id":"prefect.flow.9"},"prefect.resource.id":"prefect.flow.9"'
"""Text that looks like the labels of a resource."""

A = make_event(
    "prefect.flow-run.Running",
    "prefect.flow-run.1",
    occurred=NOW - timedelta(minutes=10),
    labels={"prefect.resource.name": "Wine skua", 'odd "label"': "100%"},
    related=[
        related_to("prefect.flow.1", "flow", **{"prefect.resource.name": "etl"}),
        related_to("prefect.tag.x_y", "tag"),
    ],
    payload={"note": "Disk full: ärger"},
)
B = make_event(
    "prefect.flow-run.Failed",
    "prefect.flow-run.2",
    occurred=NOW - timedelta(minutes=5),
    labels={"prefect.resource.name": "wine skua"},
    related=[
        related_to("prefect.flow.1", "owner"),
        related_to("prefect.work-pool.9", "work-pool"),
        related_to('prefect.tag.ä"\\\n', "tag", **{"prefect.resource.name": QUOTED}),
    ],
)
C = make_event(
    "custom.event", "thing[1]", occurred=NOW - timedelta(minutes=1), payload={"note": "all is well"}
)
D = make_event("custom.event", "thing1", occurred=NOW)

FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "ABCD"),
    ({"event": {"name": ["custom.event"]}}, "CD"),
    ({"event": {"prefix": ["prefect.flow-run.", "nothing"]}}, "AB"),
    ({"event": {"prefix": ["prefect.Flow"]}}, ""),
    ({"event": {"prefix": ["prefect."], "exclude_name": ["prefect.flow-run.Failed"]}}, "A"),
    ({"event": {"exclude_prefix": ["prefect."]}}, "CD"),
    ({"event": {"prefix": [], "name": []}}, "ABCD"),
    ({"resource": {"id": ["prefect.flow-run.1", "thing1"]}}, "AD"),
    ({"resource": {"id_prefix": ["thing["]}}, "C"),
    ({"resource": {"id_prefix": ["prefect.flow-run.", "thing"]}}, "ABCD"),
    ({"resource": {"labels": {"prefect.resource.name": "Wine*"}}}, "A"),
    ({"resource": {"labels": {"prefect.resource.name": "?ine skua"}}}, "AB"),
    ({"resource": {"labels": {"prefect.resource.name": ["nobody", "wine skua"]}}}, "B"),
    ({"resource": {"labels": {"prefect.resource.name": "!Wine*"}}}, "BCD"),
    ({"resource": {"labels": {"prefect.resource.name": ["*skua", "!Wine*"]}}}, "B"),
    ({"resource": {"labels": {"prefect.resource.name": "!*"}}}, "CD"),
    ({"resource": {"labels": {'odd "label"': "100%"}}}, "A"),
    ({"resource": {"labels": {'odd "label"': "1*%"}}}, "A"),
    ({"resource": {"labels": {"prefect.resource.id": "thing[*"}}}, "C"),
    ({"resource": {"labels": {"missing": "*"}}}, ""),
    ({"related": {"id": ["prefect.flow.1"]}}, "AB"),
    ({"related": {"id": ['prefect.tag.ä"\\\n']}}, "B"),
    ({"related": {"id": ["prefect.flow.9"]}}, ""),
    ({"any_resource": {"id": ["prefect.flow.9", "thing1"]}}, "D"),
    ({"related": {"role": ["owner"]}}, "B"),
    ({"related": {"id": ["prefect.flow.1"], "role": ["work-pool"]}}, ""),
    ({"related": [{"id": ["prefect.flow.1"]}, {"role": ["work-pool"]}]}, "B"),
    ({"related": {"resources_in_roles": [["prefect.flow.1", "flow"], ["x", "y"]]}}, "A"),
    (
        {
            "related": {
                "resources_in_roles": [["prefect.flow.1", "flow"]],
                "labels": {"prefect.resource.name": "e?l"},
            }
        },
        "A",
    ),
    ({"related": {"labels": {"prefect.resource.id": "prefect.tag.x_*"}}}, "A"),
    ({"any_resource": {"id": ["prefect.flow.1"]}}, "AB"),
    ({"any_resource": {"id": ["prefect.flow-run.2", "prefect.tag.x_y"]}}, "AB"),
    ({"any_resource": {"id_prefix": ["prefect.tag."]}}, "AB"),
    ({"any_resource": [{"id_prefix": ["prefect."]}, {"labels": {"prefect.resource.role": "work-*"}}]}, "B"),
    ({"any_resource": {"id": ["prefect.flow.1"], "labels": {"prefect.resource.role": "owner"}}}, "B"),
    ({"id": {"id": [str(C.id)]}}, "C"),
    ({"id": {"id": None}, "resource": None, "related": None, "occurred": None}, "ABCD"),
    ({"text": {"query": "SKUA"}}, "AB"),
    ({"text": {"query": "skua -failed"}}, "A"),
    ({"text": {"query": '"disk full" well'}}, "AC"),
    ({"text": {"query": "+ärger"}}, "A"),
    ({"occurred": {"since": (NOW - timedelta(minutes=5)).isoformat()}}, "BCD"),
    ({"occurred": {"until": (NOW - timedelta(minutes=5)).isoformat()}}, "AB"),
]


def named(found: Any) -> str:
    names = {A.id: "A", B.id: "B", C.id: "C", D.id: "D"}
    return "".join(sorted(names[one.id] for one in found))


def received(event: Event) -> ReceivedEvent:
    return ReceivedEvent(**event.model_dump())


@pytest.mark.parametrize(("asked", "found"), FILTERS, ids=range(len(FILTERS)))
def test_live(asked: dict[str, Any], found: str) -> None:
    matcher = EventMatcher(EventFilter.model_validate(asked))

    assert named(one for one in (A, B, C, D) if matcher.matches(received(one))) == found


@pytest.mark.timeout(10)
def test_many_stars_take_no_longer_than_one() -> None:
    event = received(make_event(labels={"long": "a" * 3_000}))
    asked = {"resource": {"labels": {"long": "*a" * 20 + "b"}}}

    assert not EventMatcher(EventFilter.model_validate(asked)).matches(event)


async def test_in_the_database(session: AsyncSession) -> None:
    await events.create_events(session=session, events=[A, B, C, D])
    answers = {}
    for number, (asked, _) in enumerate(FILTERS):
        event_filter = EventFilter.model_validate(asked)
        rows = await events.read_matching_events(session=session, event_filter=event_filter, limit=10)
        answers[number] = named(rows)
        assert await events.count_events(session=session, event_filter=event_filter) == len(rows)

    assert answers == {number: found for number, (_, found) in enumerate(FILTERS)}


@pytest.mark.parametrize("order", ["ASC", "DESC"])
async def test_pages_follow_each_other(session: AsyncSession, order: str) -> None:
    same_time = [make_event("same", occurred=NOW) for _ in range(3)]
    await events.create_events(session=session, events=[A, B, *same_time])
    event_filter = EventFilter.model_validate({"order": order})
    found: list[Any] = []
    while True:
        after = (found[-1].occurred, found[-1].id) if found else None
        rows = await events.read_matching_events(
            session=session, event_filter=event_filter, limit=2, after=after
        )
        if not rows:
            break
        found += rows

    assert len({one.id for one in found}) == len(found) == 5
    times = [(one.occurred, one.id) for one in found]
    assert times == sorted(times, reverse=order == "DESC")


async def test_distinct_gives_the_newest_event_of_each_resource(session: AsyncSession) -> None:
    older = make_event("older", "thing1", occurred=NOW - timedelta(seconds=1))
    await events.create_events(session=session, events=[D, older, C])
    event_filter = EventFilter.model_validate({"resource": {"distinct": True}})

    rows = await events.read_matching_events(session=session, event_filter=event_filter, limit=10)

    assert named(rows) == "CD"
    assert await events.count_events(session=session, event_filter=event_filter) == 2


async def test_an_event_is_kept_once(session: AsyncSession) -> None:
    again = A.model_copy(update={"event": "again"})

    first = await events.create_events(session=session, events=[A, again, B])
    second = await events.create_events(session=session, events=[A, C])

    assert [one.event for one in first] == [A.event, B.event]
    assert [one.id for one in second] == [C.id]
    assert await events.count_events(session=session, event_filter=EventFilter()) == 3


async def test_old_events_are_deleted_the_oldest_first(session: AsyncSession) -> None:
    await events.create_events(session=session, events=[A, B, C, D])
    two_minutes = (utc_now() - NOW).total_seconds() + 120

    deleted = await events.delete_old_events(session=session, older_than_seconds=two_minutes, limit=1)
    more = await events.delete_old_events(session=session, older_than_seconds=two_minutes, limit=10)

    assert (deleted, more) == (1, 1)
    rows = await events.read_matching_events(session=session, event_filter=EventFilter(), limit=10)
    assert named(rows) == "CD"
