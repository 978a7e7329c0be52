"""Routes of artifacts (orchestration.md 4.5)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.driver import Api, problems


async def create(api: Api, key: str | None = "report", **fields: Any) -> dict[str, Any]:
    created: dict[str, Any] = await api.post("artifacts/", {"key": key, **fields}, expect=201)
    return created


async def test_an_artifact_is_what_was_sent(api: Api) -> None:
    sent = {
        "key": "report",
        "type": "table",
        "description": "d",
        "data": [{"a": 1}],
        "metadata_": {"m": "v"},
        "flow_run_id": str(uuid4()),
        "task_run_id": str(uuid4()),
    }

    created = await create(api, **sent)

    assert {name: created[name] for name in sent} == sent
    assert await api.get(f"artifacts/{created['id']}") == created


async def test_nothing_need_be_sent(api: Api) -> None:
    created = await api.post("artifacts/", {}, expect=201)

    assert created["key"] is None
    assert await api.post("artifacts/latest/count", {}) == 0


@pytest.mark.parametrize("data", [None, 0, 80.5, "text", [1], {"a": None}])
async def test_any_json_is_data(api: Api, data: Any) -> None:
    created = await create(api, data=data)

    assert (await api.get(f"artifacts/{created['id']}"))["data"] == data


@pytest.mark.parametrize(
    "bad",
    [{"key": "Upper"}, {"key": "under_score"}, {"key": ""}, {"metadata_": {"a": 1}}, {"colour": "red"}],
)
async def test_what_does_not_fit_is_refused(api: Api, bad: dict[str, Any]) -> None:
    assert problems(await api.post("artifacts/", bad, expect=422))


async def test_long_metadata_is_cut(api: Api) -> None:
    created = await create(api, metadata_={"long": "x" * 600, "short": "y" * 500})

    assert created["metadata_"] == {"long": "x" * 500 + "...", "short": "y" * 500}


async def test_a_key_shows_its_latest_artifact(api: Api) -> None:
    first = await create(api, data=1)
    [collection] = await api.post("artifacts/latest/filter", {})
    second = await create(api, data=2, type="markdown")

    [now] = await api.post("artifacts/latest/filter", {})
    latest = await api.get("artifacts/report/latest")

    assert collection["latest_id"] == first["id"]
    assert now["id"] == collection["id"] == latest["id"]
    assert now["latest_id"] == second["id"]
    assert (latest["data"], latest["type"]) == (2, "markdown")
    assert "latest_id" not in latest
    assert await api.post("artifacts/count", {}) == 2
    assert await api.post("artifacts/latest/count", {}) == 1


async def test_an_update_shows_where_the_artifact_is_the_latest(api: Api) -> None:
    old, new = await create(api, data=1), await create(api, data=2)

    await api.patch(f"artifacts/{old['id']}", {"data": 10})
    await api.patch(f"artifacts/{new['id']}", {"data": 20, "description": "d"})
    await api.patch(f"artifacts/{new['id']}", {})

    latest = await api.get("artifacts/report/latest")
    assert (latest["data"], latest["description"]) == (20, "d")
    assert (await api.get(f"artifacts/{old['id']}"))["data"] == 10
    await api.patch(f"artifacts/{new['id']}", {"key": "other"}, expect=422)


async def test_deleting_the_latest_brings_back_the_one_before(api: Api) -> None:
    first, second, third = [await create(api, data=n) for n in (1, 2, 3)]

    await api.delete(f"artifacts/{second['id']}")
    assert (await api.get("artifacts/report/latest"))["data"] == 3
    await api.delete(f"artifacts/{third['id']}")
    assert (await api.get("artifacts/report/latest"))["data"] == 1
    await api.delete(f"artifacts/{first['id']}")

    await api.get("artifacts/report/latest", expect=404)
    assert await api.post("artifacts/latest/count", {}) == 0
    assert await api.event_names("artifact-collection") == [
        f"artifact-collection.{name}" for name in ("created", "updated", "updated", "updated", "deleted")
    ]


async def test_an_unknown_artifact_is_not_found(api: Api) -> None:
    path = f"artifacts/{uuid4()}"

    assert await api.get(path, expect=404) == {"detail": "Artifact not found."}
    await api.get("artifacts/nobody/latest", expect=404)
    await api.patch(path, {"data": 1}, expect=404)
    await api.delete(path, expect=404)


async def test_artifacts_are_listed_by_what_they_are(api: Api) -> None:
    run = str(uuid4())
    a = await create(api, "a", type="markdown", flow_run_id=run)
    b = await create(api, "b", type="table", task_run_id=run)
    c = await create(api, None, type=None)

    async def keys(artifacts: Any = None, **body: Any) -> list[str | None]:
        found = await api.post("artifacts/filter", {"artifacts": artifacts, **body})
        return [one["key"] for one in found]

    assert await keys() == [None, "b", "a"]
    assert await keys(sort="KEY_ASC") == ["a", "b", None]
    assert await keys(sort="KEY_DESC", limit=1) == ["b"]
    assert await keys({"id": {"any_": [a["id"], c["id"]]}}) == [None, "a"]
    assert await keys({"key": {"exists_": False}}) == [None]
    assert await keys({"key": {"exists_": True}}) == ["b", "a"]
    assert await keys({"key": {"like_": "B"}}) == ["b"]
    assert await keys({"type": {"not_any_": ["table"]}}) == [None, "a"]
    assert await keys({"flow_run_id": {"any_": [run]}}) == ["a"]
    assert await keys({"task_run_id": {"any_": [run]}}) == ["b"]
    assert await keys({"operator": "or_", "key": {"any_": ["a"]}, "type": {"any_": ["table"]}}) == ["b", "a"]

    latest = await api.post("artifacts/latest/filter", {"artifacts": {"latest_id": {"any_": [b["id"]]}}})
    assert [one["key"] for one in latest] == ["b"]
    assert await api.post("artifacts/latest/count", {"artifacts": {"type": {"any_": ["markdown"]}}}) == 1


async def test_artifacts_are_listed_by_the_runs_that_made_them(api: Api) -> None:
    flow = await api.post("flows/", {"name": "etl"}, expect=201)
    run = await api.post("flow_runs/", {"flow_id": flow["id"], "name": "r"}, expect=201)
    await create(api, "mine", flow_run_id=run["id"])
    await create(api, "other", flow_run_id=str(uuid4()))

    for related in (
        {"flow_runs": {"name": {"any_": ["r"]}}},
        {"flows": {"name": {"any_": ["etl"]}}},
    ):
        assert [one["key"] for one in await api.post("artifacts/filter", related)] == ["mine"]
        assert await api.post("artifacts/count", related) == 1
        assert [one["key"] for one in await api.post("artifacts/latest/filter", related)] == ["mine"]
        assert await api.post("artifacts/latest/count", related) == 1
    nothing = {"deployments": {"name": {"any_": ["none"]}}}
    assert await api.post("artifacts/filter", nothing) == []


async def test_the_event_names_artifact_and_runs(api: Api) -> None:
    run = str(uuid4())
    created = await create(api, data={"x": 1}, type="markdown", flow_run_id=run)

    [event] = await api.events("artifact-collection")

    assert event.related == [
        {"prefect.resource.id": f"prefect.artifact.{created['id']}", "prefect.resource.role": "latest"},
        {"prefect.resource.id": f"prefect.flow-run.{run}", "prefect.resource.role": "flow-run"},
    ]
    assert event.payload == {"key": "report", "type": "markdown", "data": {"x": 1}, "description": None}
