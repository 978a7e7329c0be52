"""Schedules of deployments (orchestration.md 2.4)."""

from typing import Any

import pytest

from tests.api.driver import Api, problems

INTERVAL = {"interval": 3600.0}
CRON = {"cron": "0 9 * * *"}


async def slugs(api: Api, deployment: Any) -> dict[str | None, Any]:
    found = (await api.get(f"deployments/{deployment['id']}"))["schedules"]
    return {one["slug"]: one for one in found}


async def test_schedules_are_stored_and_replaced_as_a_whole_without_slugs(api: Api) -> None:
    deployment = await api.create_deployment(
        schedules=[{"schedule": INTERVAL}, {"schedule": CRON, "active": False}]
    )
    path = f"deployments/{deployment['id']}"

    assert {one["active"] for one in deployment["schedules"]} == {True, False}
    await api.patch(path, {"description": "kept"})
    assert len((await api.get(path))["schedules"]) == 2
    await api.patch(path, {"schedules": None})
    assert len((await api.get(path))["schedules"]) == 2
    await api.patch(path, {"schedules": [{"schedule": CRON, "parameters": {"a": 1}}, {"active": True}]})
    [schedule] = (await api.get(path))["schedules"]
    assert (schedule["schedule"]["cron"], schedule["parameters"]) == (CRON["cron"], {"a": 1})


async def test_schedules_with_slugs_are_merged(api: Api) -> None:
    deployment = await api.create_deployment(
        schedules=[{"schedule": INTERVAL, "slug": "a"}, {"schedule": CRON, "slug": "b"}],
    )
    path = f"deployments/{deployment['id']}"

    await api.patch(
        path,
        {
            "schedules": [
                {"slug": "a", "active": False},
                {"slug": "c", "schedule": CRON},
                {"slug": "d", "replaces": "b"},
            ]
        },
    )

    found = await slugs(api, deployment)
    assert found.keys() == {"a", "c", "d"}
    assert (found["a"]["active"], found["a"]["schedule"]["interval"]) == (False, 3600.0)
    assert found["d"]["schedule"]["cron"] == CRON["cron"]


@pytest.mark.parametrize(
    ("schedules", "named"),
    [
        ([{"schedule": CRON}], "slug"),
        ([{"slug": "new"}], "new"),
        ([{"slug": "x", "replaces": "a"}, {"slug": "y", "replaces": "a"}], "replace"),
        ([{"slug": "b", "replaces": "a"}], "taken"),
    ],
)
async def test_slugs_that_do_not_add_up_are_refused(
    api: Api, schedules: list[dict[str, Any]], named: str
) -> None:
    deployment = await api.create_deployment(
        schedules=[{"schedule": INTERVAL, "slug": "a"}, {"schedule": CRON, "slug": "b"}],
    )

    answer = await api.patch(f"deployments/{deployment['id']}", {"schedules": schedules}, expect=422)

    assert named in problems(answer)
    assert (await slugs(api, deployment)).keys() == {"a", "b"}
