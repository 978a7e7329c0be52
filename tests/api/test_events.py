"""Routes of events."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from penstock.core.clock import utc_now
from penstock.server.database import DBInterface
from penstock.server.services import EventRetention
from tests.support.events import make_event, report, task_run_event
from tests.support.factories import make_run


def wire(*events: Any) -> list[dict[str, Any]]:
    return [event.model_dump(mode="json") for event in events]


async def test_events_are_stored_once(client: httpx.AsyncClient) -> None:
    event = make_event("a.b", "thing.1", payload={"n": 1})

    for _ in range(2):
        assert (await client.post("events", json=wire(event, event))).status_code == 204

    page = (await client.post("events/filter", json={})).json()
    assert page["total"] == 1
    assert page["next_page"] is None
    [found] = page["events"]
    received = found.pop("received")
    assert received.endswith("Z")
    assert found == {
        "occurred": event.model_dump(mode="json")["occurred"],
        "event": "a.b",
        "resource": {"prefect.resource.id": "thing.1"},
        "related": [],
        "payload": {"n": 1},
        "id": str(event.id),
        "follows": None,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": {}},
        {"resource": {"prefect.resource.id": ""}},
        {"related": [{"prefect.resource.id": "x"}]},
        {"event": ""},
        {"event": "x" * 1025},
        {"occurred": None},
        {"resource": {"prefect.resource.id": "x", "label": None}},
        {"resource": {"prefect.resource.id": "x"} | {f"l{n}": "" for n in range(500)}},
        {"related": [{"prefect.resource.id": "x", "prefect.resource.role": "y"}] * 101},
        {"payload": {"nul": "\x00"}},
    ],
)
async def test_what_is_no_event_is_refused(client: httpx.AsyncClient, changes: dict[str, Any]) -> None:
    response = await client.post("events", json=[wire(make_event())[0] | changes])

    assert response.status_code == 422
    assert response.json()["exception_message"]


async def test_a_missing_state_message_is_an_empty_one(client: httpx.AsyncClient) -> None:
    event = wire(make_event())[0]
    event["resource"]["prefect.state-message"] = None

    await client.post("events", json=[event])

    [found] = (await client.post("events/filter", json={})).json()["events"]
    assert found["resource"]["prefect.state-message"] == ""


async def test_an_event_that_is_too_large_is_left_out(client: httpx.AsyncClient) -> None:
    large = make_event("large", payload={"text": "x" * 1_600_000})

    assert (await client.post("events", json=wire(large, make_event("small")))).status_code == 204

    page = (await client.post("events/filter", json={})).json()
    assert [one["event"] for one in page["events"]] == ["small"]


async def test_pages_lead_from_one_to_the_next(client: httpx.AsyncClient, db: DBInterface) -> None:
    now = utc_now()
    events = [make_event(f"n{n}", occurred=now - timedelta(seconds=n)) for n in range(7)]
    await report(db, *events, make_event("other"))

    page = (
        await client.post("events/filter", json={"filter": {"event": {"prefix": ["n"]}}, "limit": 3})
    ).json()
    found = [page]
    while page["next_page"]:
        await report(db, make_event("n-later"))
        page = (await client.get(page["next_page"])).json()
        found.append(page)

    assert [[one["event"] for one in page["events"]] for page in found] == [
        ["n0", "n1", "n2"],
        ["n3", "n4", "n5"],
        ["n6"],
    ]
    assert {page["total"] for page in found} == {7}


@pytest.mark.parametrize("token", ["", "x", "eJwDAAAAAAE", "%00", "ä"])
async def test_a_token_of_somebody_else_is_refused(client: httpx.AsyncClient, token: str) -> None:
    response = await client.get("events/filter/next", params={"page-token": token})

    assert response.status_code == 403
    assert response.json() == {"detail": "The page token is not valid."}


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 51},
        {"limit": -1},
        {"filter": {"unknown": 1}},
        {"filter": {"resource": {"labels": {"a": 1}}}},
        {"filter": {"event": {"name": ["\x00"]}}},
        {"filter": {"text": {"query": "x" * 201}}},
    ],
)
async def test_a_wrong_listing_is_refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.post("events/filter", json=body)).status_code == 422


async def test_a_limit_of_null_is_the_usual_one_and_zero_only_counts(
    client: httpx.AsyncClient, db: DBInterface
) -> None:
    await report(db, make_event())

    page = (await client.post("events/filter", json={"filter": None, "limit": None})).json()
    none = (await client.post("events/filter", json={"limit": 0})).json()

    assert len(page["events"]) == 1
    assert (none["events"], none["total"], none["next_page"]) == ([], 1, None)


async def test_events_are_counted(client: httpx.AsyncClient, db: DBInterface) -> None:
    await report(db, make_event("a"), make_event("a"), make_event("b"))
    since = (utc_now() - timedelta(minutes=5)).isoformat()
    body = {"filter": {"occurred": {"since": since}}, "time_unit": "minute", "time_interval": 10}

    by_event = (await client.post("events/count-by/event", json=body)).json()
    by_time = (await client.post("events/count-by/time", json=body)).json()
    by_resource = (await client.post("events/count-by/resource", json=body)).json()
    by_day = (await client.post("events/count-by/day", json={"filter": {}})).json()

    assert [(one["value"], one["count"]) for one in by_event] == [("a", 2), ("b", 1)]
    assert sum(one["count"] for one in by_time) == 3
    assert by_resource[0]["label"] == "test.thing"
    assert len(by_day) == 181
    assert by_day[-1]["count"] == 3


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("time", {"filter": {}, "time_unit": "second"}),
        ("time", {"filter": {}, "time_interval": 0.001}),
        ("time", {"filter": {}, "time_unit": "year"}),
        ("time", {"filter": {"occurred": {"since": "0001-01-01T00:00:00Z"}}, "time_unit": "day"}),
        ("time", {}),
        ("moon", {"filter": {}}),
    ],
)
async def test_a_wrong_count_is_refused(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    assert (await client.post(f"events/count-by/{path}", json=body)).status_code == 422


async def test_a_very_long_span_is_one_bucket(client: httpx.AsyncClient) -> None:
    body = {"filter": {}, "time_unit": "week", "time_interval": 1_000_000}

    response = await client.post("events/count-by/time", json=body)

    [bucket] = response.json()
    assert (bucket["count"], bucket["end_time"]) == (0, "9999-12-31T23:59:59.999999Z")


async def test_task_runs_are_recorded_from_posted_events(client: httpx.AsyncClient, db: DBInterface) -> None:
    async with db.session_context(begin_transaction=True) as session:
        run = await make_run(session)
    task_run_id = uuid4()

    await client.post("events", json=wire(task_run_event(flow_run_id=run.id, task_run_id=task_run_id)))

    task_run = (await client.get(f"task_runs/{task_run_id}")).json()
    assert (task_run["state_name"], task_run["flow_run_id"]) == ("Running", str(run.id))


async def test_old_events_are_forgotten(client: httpx.AsyncClient, db: DBInterface) -> None:
    now = utc_now()
    await report(db, make_event("old", occurred=now - timedelta(days=8)), make_event("new", occurred=now))

    await EventRetention(db, interval_seconds=60, retention_seconds=7 * 86400).run_once()

    page = (await client.post("events/filter", json={})).json()
    assert [one["event"] for one in page["events"]] == ["new"]
