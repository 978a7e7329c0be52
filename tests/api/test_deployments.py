"""Deployments (orchestration.md 2.2-2.5, workers.md 4.5)."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.api.driver import Api, problems, template

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "name": {"type": "string"}},
    "required": ["n"],
}
CIRCULAR = {"$ref": "#"}


async def test_a_deployment_has_the_defaults(api: Api) -> None:
    deployment = await api.create_deployment()

    for key in ("id", "created", "updated"):
        assert deployment.pop(key) is not None
    assert deployment == {
        "name": "d",
        "version": None,
        "description": None,
        "flow_id": str(api.flow_id),
        "paused": False,
        "schedules": [],
        "concurrency_limit": None,
        "global_concurrency_limit": None,
        "concurrency_options": None,
        "job_variables": {},
        "parameters": {},
        "tags": [],
        "labels": {"prefect.flow.id": str(api.flow_id)},
        "work_queue_name": None,
        "work_queue_id": None,
        "last_polled": None,
        "parameter_openapi_schema": {},
        "path": None,
        "pull_steps": None,
        "entrypoint": None,
        "storage_document_id": None,
        "infrastructure_document_id": None,
        "created_by": None,
        "updated_by": None,
        "work_pool_name": None,
        "status": "NOT_READY",
        "enforce_parameter_schema": True,
        "infra_retries": None,
        "infra_retry_delay_seconds": None,
    }


@pytest.mark.parametrize(
    ("fields", "pool", "queue"),
    [
        ({}, None, None),
        ({"work_pool_name": "pool"}, "pool", "default"),
        ({"work_pool_name": "pool", "work_queue_name": "new"}, "pool", "new"),
        ({"work_queue_name": "alone"}, "default-agent-pool", "alone"),
        ({"work_pool_name": "default-agent-pool"}, "default-agent-pool", "default"),
    ],
)
async def test_the_queue_is_found_or_made(
    api: Api, fields: dict[str, Any], pool: str | None, queue: str | None
) -> None:
    await api.create_pool()

    deployment = await api.create_deployment(**fields)

    assert (deployment["work_pool_name"], deployment["work_queue_name"]) == (pool, queue)
    assert (deployment["work_queue_id"] is None) == (queue is None)
    assert await api.get(f"deployments/{deployment['id']}") == deployment


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"work_pool_name": "absent"}, 404, "absent"),
        ({"work_pool_name": "pool", "work_queue_name": "a/b"}, 422, "work_queue_name"),
        ({"work_queue_name": "a/b"}, 422, "work_queue_name"),
        ({"work_pool_name": "pool", "job_variables": {"command": 3}}, 422, "command"),
        ({"parameters": {"n": "x"}, "parameter_openapi_schema": SCHEMA}, 422, "n"),
        ({"parameter_openapi_schema": {"type": "whole"}}, 422, "schema"),
        ({"parameter_openapi_schema": CIRCULAR}, 422, "itself"),
        ({"concurrency_limit": 0}, 422, "concurrency_limit"),
        ({"flow_id": str(uuid4())}, 409, "refers"),
        ({"branch": "main"}, 422, "branch"),
        ({"schedules": [{"schedule": {"cron": "not a cron"}}]}, 422, "schedule"),
    ],
)
async def test_a_bad_deployment_is_refused(api: Api, fields: dict[str, Any], status: int, named: str) -> None:
    await api.create_pool(base_job_template=template())

    answer = await api.create_deployment(expect=status, **fields)

    assert named in problems(answer)
    assert await api.post("deployments/count") == 0
    assert await api.priorities() == {"default": 1}


async def test_creations_at_once_make_one_deployment(api: Api) -> None:
    await api.create_pool()
    fields = {"name": "d", "flow_id": str(await api.add_flow()), "work_pool_name": "pool"}
    answers = await asyncio.gather(
        *(api.send("POST", "deployments/", {**fields, "version": f"{one}"}) for one in range(8))
    )

    assert {answer.status_code for answer in answers} <= {200, 201}
    (deployment_id,) = {answer.json()["id"] for answer in answers}
    assert (await api.get(f"deployments/{deployment_id}"))["version"] in {str(one) for one in range(8)}


async def test_a_second_creation_changes_the_first(api: Api) -> None:
    await api.create_pool()
    first = await api.create_deployment(
        description="one",
        tags=["t"],
        job_variables={"a": 1},
        parameter_openapi_schema=SCHEMA,
        work_pool_name="pool",
    )

    second = await api.create_deployment(
        description="two", job_variables={}, work_pool_name="pool", expect=200
    )

    assert second["id"] == first["id"]
    assert (second["description"], second["tags"], second["job_variables"]) == ("two", ["t"], {"a": 1})
    assert second["parameter_openapi_schema"] == SCHEMA


async def test_a_deployment_is_read_by_names(api: Api) -> None:
    deployment = await api.create_deployment()
    flow = await api.get(f"flows/{api.flow_id}")

    assert await api.get(f"deployments/name/{flow['name']}/d") == deployment
    for path in (f"deployments/name/{flow['name']}/D", "deployments/name/f/d", f"deployments/{uuid4()}"):
        assert await api.get(path, expect=404) == {"detail": "Deployment not found"}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, ["a", "b"]),
        ({"sort": "NAME_DESC"}, ["b", "a"]),
        ({"limit": 1}, ["a"]),
        ({"deployments": {"tags": {"all_": ["t"]}}}, ["b"]),
        ({"deployments": {"work_queue_name": {"any_": ["new"]}}}, ["b"]),
        ({"work_pools": {"name": {"any_": ["pool"]}}}, ["b"]),
        ({"work_pool_queues": {"name": {"any_": ["absent"]}}}, []),
        ({"flows": {"name": {"any_": ["absent"]}}}, []),
    ],
)
async def test_deployments_are_listed(api: Api, body: dict[str, Any], names: list[str]) -> None:
    await api.create_pool()
    await api.create_deployment("a")
    await api.create_deployment("b", tags=["t"], work_pool_name="pool", work_queue_name="new")

    assert [one["name"] for one in await api.post("deployments/filter", body)] == names
    page = await api.post("deployments/paginate", body)
    assert [one["name"] for one in page["results"]] == names
    if "limit" not in body:
        assert await api.post("deployments/count", body) == page["count"] == len(names)


async def test_a_page_tells_how_many_there_are(api: Api) -> None:
    for name in ("a", "b", "c"):
        await api.create_deployment(name)

    page = await api.post("deployments/paginate", {"page": 2, "limit": 2})

    assert [one["name"] for one in page.pop("results")] == ["c"]
    assert page == {"count": 3, "limit": 2, "pages": 2, "page": 2}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"paused": True}, {"paused": True}),
        ({"description": "e", "tags": ["x"]}, {"description": "e", "tags": ["x"]}),
        ({"parameters": {"n": 2}}, {"parameters": {"n": 2}}),
        ({"job_variables": {}}, {"job_variables": {"command": "ls"}}),
        ({"job_variables": {"command": "date"}}, {"job_variables": {"command": "date"}}),
        ({"work_pool_name": None}, {"work_pool_name": None, "work_queue_id": None}),
        ({"work_pool_name": "other"}, {"work_pool_name": "other", "work_queue_name": "default"}),
        ({"work_queue_name": "new"}, {"work_pool_name": "pool", "work_queue_name": "new"}),
        (
            {"work_pool_name": "other", "work_queue_name": "q"},
            {"work_pool_name": "other", "work_queue_name": "q"},
        ),
        ({"concurrency_limit": None, "version_info": {"type": "t", "version": "1"}}, {"paused": False}),
    ],
)
async def test_only_what_is_present_changes(api: Api, body: dict[str, Any], expected: dict[str, Any]) -> None:
    await api.create_pool(base_job_template=template())
    await api.create_pool("other")
    before = await api.create_deployment(
        work_pool_name="pool",
        job_variables={"command": "ls"},
        parameters={"n": 1},
        parameter_openapi_schema=SCHEMA,
    )

    await api.patch(f"deployments/{before['id']}", body)

    after = await api.get(f"deployments/{before['id']}")
    assert {key: after[key] for key in expected} == expected
    changed = {key for key in after if after[key] != before[key]} - {"updated"}
    assert changed <= {*expected, "work_queue_id", "work_queue_name"}


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"parameters": {"n": "x"}}, 409, "n"),
        ({"parameter_openapi_schema": CIRCULAR}, 422, "itself"),
        ({"parameter_openapi_schema": None}, 409, "schema"),
        ({"job_variables": {"command": 3}}, 409, "command"),
        ({"work_pool_name": "absent"}, 404, "absent"),
        ({"concurrency_limit": 0}, 422, "concurrency"),
        ({"flow_id": str(uuid4())}, 422, "flow_id"),
    ],
)
async def test_a_bad_change_is_refused(api: Api, body: dict[str, Any], status: int, named: str) -> None:
    await api.create_pool(base_job_template=template())
    before = await api.create_deployment(
        work_pool_name="pool", parameters={"n": 1}, parameter_openapi_schema=SCHEMA
    )

    answer = await api.patch(f"deployments/{before['id']}", body, expect=status)

    assert named in problems(answer)
    assert await api.get(f"deployments/{before['id']}") == before


async def test_a_deployment_without_a_schema_can_still_be_paused(api: Api) -> None:
    deployment = await api.create_deployment(parameter_openapi_schema=None)

    await api.patch(f"deployments/{deployment['id']}", {"paused": True})

    assert (await api.get(f"deployments/{deployment['id']}"))["paused"]


async def test_what_is_unknown_is_not_found(api: Api) -> None:
    for method, path in (
        ("PATCH", f"deployments/{uuid4()}"),
        ("DELETE", f"deployments/{uuid4()}"),
        ("POST", f"deployments/{uuid4()}/create_flow_run"),
    ):
        response = await api.send(method, path, {}, expect=404)
        assert response.json() == {"detail": "Deployment not found"}


async def test_a_deleted_deployment_takes_its_unstarted_runs_along(api: Api) -> None:
    deployment = await api.create_deployment()
    path = f"deployments/{deployment['id']}"
    waiting = await api.post(f"{path}/create_flow_run", {}, expect=201)
    running = await api.post(f"{path}/create_flow_run", {}, expect=201)
    await api.propose(running["id"], "RUNNING")

    await api.delete(path)

    await api.get(path, expect=404)
    await api.get(f"flow_runs/{waiting['id']}", expect=404)
    assert (await api.get(f"flow_runs/{running['id']}"))["deployment_id"] == deployment["id"]
