"""Deployments at a glance."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from penstock.core.clock import utc_now
from penstock.schemas.states import Pending, Running
from penstock.server.database import DBInterface
from penstock.server.models.schedules import upcoming
from tests.api.driver import Api
from tests.support.factories import (
    default_queue,
    due,
    make_deployment,
    make_flow,
    make_pool,
    make_run,
    propose,
)

DAILY = {"cron": "30 2 * * *", "timezone": "Europe/Berlin"}
STONES = {"type": "object", "properties": {"stones": {"type": "array", "items": {"type": "string"}}}}


async def make_deployments(db: DBInterface) -> str:
    """Make one deployment with a limit, a run under way and one to come, and one that has never run."""
    async with db.session_context(begin_transaction=True) as session:
        queue = await default_queue(session, await make_pool(session, "mill"))
        flow = await make_flow(session, "grind")
        rye = await make_deployment(
            session,
            queue,
            "rye",
            flow=flow,
            tags=["bread"],
            concurrency_limit=1,
            schedules=[{"schedule": DAILY}],
        )
        await make_deployment(session, None, "oats", flow=flow, paused=True)
        of_rye: dict[str, Any] = {"flow": flow, "deployment_id": rye.id}
        await make_run(session, queue, due(seconds=900), "older", **of_rye)
        running = await make_run(session, queue, due(seconds=5), "newest", **of_rye)
        await make_run(session, queue, due(seconds=-900), "to come", **of_rye)
        await propose(session, running, Pending())
        await propose(session, running, Running())
        return str(rye.id)


async def test_a_page_of_deployments(client: httpx.AsyncClient, db: DBInterface):
    await make_deployments(db)
    page = (await client.post("overview/deployments/paginate", json={"limit": 10})).json()
    assert (page["count"], page["page"], page["pages"]) == (2, 1, 1)
    oats, rye = page["results"]
    assert (rye["name"], rye["flow_name"], rye["tags"]) == ("rye", "grind", ["bread"])
    assert (rye["work_pool_name"], rye["work_queue_name"]) == ("mill", "default")
    assert (rye["schedule_count"], rye["active_schedules"]) == (1, 1)
    assert (rye["limit"]["limit"], rye["limit"]["active_slots"]) == (1, 1)
    assert (rye["last_run"]["name"], rye["last_run"]["state_type"]) == ("newest", "RUNNING")
    assert (oats["name"], oats["paused"], oats["limit"], oats["last_run"]) == ("oats", True, None, None)


async def test_a_page_is_chosen_like_any_listing_of_deployments(client: httpx.AsyncClient, db: DBInterface):
    await make_deployments(db)
    for chosen, names in (
        ({"flow_or_deployment_name": {"like_": "RYE"}}, ["rye"]),
        ({"flow_or_deployment_name": {"like_": "grin"}}, ["oats", "rye"]),
        ({"paused": {"eq_": True}}, ["oats"]),
        ({"tags": {"all_": ["bread"]}}, ["rye"]),
    ):
        answer = await client.post("overview/deployments/paginate", json={"deployments": chosen})
        assert [one["name"] for one in answer.json()["results"]] == names
    second = await client.post("overview/deployments/paginate", json={"limit": 1, "page": 2})
    assert [one["name"] for one in second.json()["results"]] == ["rye"]
    assert (await client.post("overview/deployments/paginate", json={"page": 0})).status_code == 422


async def test_who_holds_the_slots_of_a_deployment(client: httpx.AsyncClient, db: DBInterface):
    outlook = (await client.get(f"overview/deployments/{await make_deployments(db)}")).json()
    assert outlook["flow_name"] == "grind"
    assert [owner["name"] for owner in outlook["slot_owners"]] == ["newest"]


async def test_the_next_starts_of_every_schedule(client: httpx.AsyncClient, db: DBInterface):
    deployment_id = await make_deployments(db)
    (schedule,) = (await client.get(f"overview/deployments/{deployment_id}?starts=3")).json()["schedules"]
    assert schedule["timezone"] == "Europe/Berlin"
    assert schedule["utc_offset_seconds"] in {3600, 7200}
    starts = [datetime.fromisoformat(start["at"]) for start in schedule["starts"]]
    assert len(starts) == 3
    assert starts == sorted(starts)
    assert starts[0] > utc_now()
    assert (await client.get(f"overview/deployments/{deployment_id}?starts=101")).status_code == 422
    assert (await client.get(f"overview/deployments/{UUID(int=1)}")).status_code == 404


@pytest.mark.parametrize(
    ("now", "offsets", "hours"),
    [
        ("2026-03-28T00:00:00Z", [3600, 7200, 7200], ["01:30", "01:30", "00:30"]),
        ("2026-10-24T00:00:00Z", [7200, 7200, 3600], ["00:30", "00:30", "01:30"]),
    ],
)
def test_a_change_of_the_clock_is_told(
    monkeypatch: pytest.MonkeyPatch, now: str, offsets: list[int], hours: list[str]
):
    monkeypatch.setattr(upcoming, "utc_now", lambda: datetime.fromisoformat(now))
    found = upcoming.upcoming_starts(DAILY, 3)
    assert [start.utc_offset_seconds for start in found.starts] == offsets
    assert [f"{start.at:%H:%M}" for start in found.starts] == hours


def test_a_schedule_without_a_zone_is_one_of_utc_and_may_end():
    assert upcoming.upcoming_starts({"cron": "0 0 * * *", "timezone": None}, 1).timezone == "UTC"
    anchor = (utc_now() - timedelta(days=1)).isoformat()
    assert len(upcoming.upcoming_starts({"interval": 3600, "anchor_date": anchor}, 10).starts) == 10
    over = {"rrule": "DTSTART:20200101T000000\nRRULE:FREQ=DAILY;COUNT=2", "timezone": "UTC"}
    assert upcoming.upcoming_starts(over, 10).starts == []


async def test_unfit_parameters_are_told_by_their_places(api: Api):
    schema = {
        "type": "object",
        "properties": {
            "sacks": {"type": "integer"},
            "mill": {
                "type": "object",
                "properties": {"stones": {"type": "array", "items": {"type": "string"}}},
            },
        },
        "required": ["sacks"],
    }
    deployment = await api.create_deployment(parameter_openapi_schema=schema)
    given = {"mill": {"stones": ["granite", 7]}}
    refused = await api.post(
        f"deployments/{deployment['id']}/create_flow_run", {"parameters": given}, expect=409
    )
    assert sorted(refused["faults"], key=str) == [
        {"path": ["mill", "stones", 1], "message": "7 is not of type 'string'"},
        {"path": ["sacks"], "message": "'sacks' is a required property"},
    ]
    assert "'mill.stones[1]': 7 is not of type 'string'." in refused["detail"]
    assert "'sacks' is a required property." in refused["detail"]


async def test_when_a_schedule_would_be_due_is_told_before_it_is_kept(client: httpx.AsyncClient):
    answer = await client.post("overview/schedules/starts", json={"schedule": DAILY, "starts": 3})
    preview = answer.json()
    assert (answer.status_code, preview["timezone"]) == (200, "Europe/Berlin")
    starts = [datetime.fromisoformat(one["at"]) for one in preview["starts"]]
    assert len(starts) == 3
    assert utc_now() < starts[0] <= utc_now() + timedelta(days=2)
    for start, told in zip(starts, preview["starts"], strict=True):
        local = start + timedelta(seconds=told["utc_offset_seconds"])
        assert (local.hour, local.minute) in {(2, 30), (3, 30)}


@pytest.mark.parametrize(
    ("schedule", "place"),
    [
        ({"cron": "soon"}, "cron"),
        ({"cron": "@daily", "timezone": "Mars/Olympus"}, "timezone"),
        ({"interval": 0}, "interval"),
        ({"rrule": "FREQ=NEVER"}, "rrule"),
        ({}, "schedule"),
    ],
)
async def test_what_is_wrong_with_a_schedule_is_told_at_its_place(
    client: httpx.AsyncClient, schedule: dict[str, Any], place: str
):
    answer = await client.post("overview/schedules/starts", json={"schedule": schedule})
    assert answer.status_code == 422
    [fault] = answer.json()["exception_detail"]
    assert fault["loc"][-1] == place


async def test_what_the_schedules_have_made_is_counted(client: httpx.AsyncClient, db: DBInterface):
    deployment = await make_deployments(db)
    path = f"overview/deployments/{deployment}/scheduled_runs"
    assert (await client.get(path)).json() == 0
    await client.post(f"deployments/{deployment}/schedule", json={"min_runs": 4})
    assert (await client.get(path)).json() >= 4
    [schedule] = (await client.get(f"deployments/{deployment}/schedules")).json()
    await client.delete(f"deployments/{deployment}/schedules/{schedule['id']}")
    assert (await client.get(path)).json() == 0
    missing = f"overview/deployments/{UUID(int=1)}/scheduled_runs"
    assert (await client.get(missing)).status_code == 404
