"""Schedules of deployments over the API (orchestration.md 2.4, 2.5)."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.driver import Api

CRON = {"cron": "5 5 * * *", "timezone": None, "day_or": True}
UNKNOWN = UUID(int=1)


async def deploy(api: Api, *schedules: dict[str, Any]) -> str:
    body = {"name": "d", "flow_id": str(await api.add_flow()), "schedules": list(schedules)}
    deployment_id: str = (await api.post("deployments/", body, expect=201))["id"]
    return deployment_id


async def slugs(api: Api, deployment_id: str) -> dict[str | None, dict[str, Any]]:
    found = await api.get(f"deployments/{deployment_id}/schedules")
    return {schedule["slug"]: schedule for schedule in found}


async def test_a_schedule_is_added_changed_and_deleted(api: Api):
    deployment_id = await deploy(api)
    body = {
        "schedule": CRON, "active": True, "max_scheduled_runs": None, "parameters": {}, "slug": None,
        "replaces": None,
    }  # fmt: skip
    path = f"deployments/{deployment_id}/schedules"
    (created,) = await api.post(path, [body], expect=201)
    assert set(created) == {
        "id", "created", "updated", "deployment_id", "schedule", "active", "max_scheduled_runs", "parameters",
        "slug",
    }  # fmt: skip
    assert (created["schedule"], created["deployment_id"]) == (CRON, deployment_id)
    assert await api.get(path) == [created]
    await api.patch(f"{path}/{created['id']}", {"active": False, "parameters": {"x": 1}})
    (changed,) = await api.get(path)
    assert (changed["active"], changed["parameters"], changed["schedule"]) == (False, {"x": 1}, CRON)
    assert (await api.get(f"deployments/{deployment_id}"))["schedules"] == [changed]
    await api.delete(f"{path}/{created['id']}")
    assert await api.get(path) == []


async def test_what_is_not_there(api: Api):
    deployment_id = await deploy(api)
    other = (await api.post(f"deployments/{deployment_id}/schedules", [{"schedule": CRON}], expect=201))[0]
    body = {"name": "e", "flow_id": str(await api.add_flow())}
    stranger = (await api.post("deployments/", body, expect=201))["id"]
    for path in (f"{deployment_id}/schedules/{UNKNOWN}", f"{stranger}/schedules/{other['id']}"):
        assert await api.patch(f"deployments/{path}", {}, expect=404) == {"detail": "Schedule not found"}
        assert await api.delete(f"deployments/{path}", expect=404) == {"detail": "Schedule not found"}
    await api.get(f"deployments/{UNKNOWN}/schedules", expect=404)
    await api.post(f"deployments/{UNKNOWN}/schedules", [], expect=404)


async def test_a_slug_is_taken_once(api: Api):
    deployment_id = await deploy(api, {"schedule": CRON, "slug": "a"}, {"schedule": CRON, "slug": "b"})
    answer = await api.post(
        f"deployments/{deployment_id}/schedules", [{"schedule": CRON, "slug": "a"}], expect=409
    )
    assert "already exists" in answer["detail"]
    b = (await slugs(api, deployment_id))["b"]
    await api.patch(f"deployments/{deployment_id}/schedules/{b['id']}", {"slug": "a"}, expect=409)


@pytest.mark.parametrize(
    "schedule", [{"cron": "nonsense"}, {"cron": "* * * * *", "timezone": "Mars/Olympus"}, {"interval": 0}, {}]
)
async def test_bad_schedules(api: Api, schedule: dict[str, Any]):
    deployment_id = await deploy(api)
    await api.post(f"deployments/{deployment_id}/schedules", [{"schedule": schedule}], expect=422)


async def test_schedules_with_slugs_are_merged(api: Api):
    deployment_id = await deploy(api, {"schedule": CRON, "slug": "a"}, {"schedule": CRON, "slug": "b"})
    before = await slugs(api, deployment_id)
    path = f"deployments/{deployment_id}"
    await api.patch(
        path, {"schedules": [{"slug": "a", "active": False}, {"slug": "c", "schedule": {"interval": 60}}]}
    )
    after = await slugs(api, deployment_id)
    assert set(after) == {"a", "b", "c"}
    assert (after["a"]["id"], after["b"]) == (before["a"]["id"], before["b"])
    assert (after["a"]["active"], after["a"]["schedule"]) == (False, CRON)
    await api.patch(path, {"schedules": []})
    assert await slugs(api, deployment_id) == after
    await api.patch(path, {"schedules": [{"slug": "d", "replaces": "a"}, {"slug": "e", "replaces": "b"}]})
    renamed = await slugs(api, deployment_id)
    assert {slug: one["id"] for slug, one in renamed.items()} == {
        "c": after["c"]["id"], "d": before["a"]["id"], "e": before["b"]["id"],
    }  # fmt: skip
    await api.patch(path, {"schedules": [{"slug": "e", "replaces": "d"}, {"slug": "d", "replaces": "e"}]})
    swapped = await slugs(api, deployment_id)
    assert (swapped["e"]["id"], swapped["d"]["id"]) == (before["a"]["id"], before["b"]["id"])


@pytest.mark.parametrize(
    "sent",
    [
        [{"schedule": CRON}],
        [{"slug": "new"}],
        [{"slug": "x", "replaces": "a"}, {"slug": "y", "replaces": "a"}],
        [{"slug": "b", "replaces": "a"}],
        [{"slug": "x", "schedule": CRON}, {"slug": "x", "schedule": CRON}],
    ],
)
async def test_merges_that_make_no_sense(api: Api, sent: list[dict[str, Any]]):
    deployment_id = await deploy(api, {"schedule": CRON, "slug": "a"}, {"schedule": CRON, "slug": "b"})
    before = await slugs(api, deployment_id)
    await api.patch(f"deployments/{deployment_id}", {"schedules": sent}, expect=422)
    assert await slugs(api, deployment_id) == before


async def test_replacing_what_is_not_there_creates(api: Api):
    deployment_id = await deploy(api, {"schedule": CRON, "slug": "a"})
    sent = [{"slug": "b", "replaces": "gone", "schedule": CRON}]
    await api.patch(f"deployments/{deployment_id}", {"schedules": sent})
    assert set(await slugs(api, deployment_id)) == {"a", "b"}


async def test_schedules_without_slugs_are_replaced(api: Api):
    deployment_id = await deploy(api, {"schedule": CRON}, {"schedule": CRON, "slug": "a"})
    path = f"deployments/{deployment_id}"
    before = await slugs(api, deployment_id)
    for body in ({"version": "2"}, {"schedules": None}):
        await api.patch(path, body)
        assert await slugs(api, deployment_id) == before
    await api.patch(path, {"schedules": [{"schedule": {"interval": 60}}, {"active": False}]})
    after = await slugs(api, deployment_id)
    assert [one["schedule"]["interval"] for one in after.values()] == [60.0]
    assert set(after) == {None}
