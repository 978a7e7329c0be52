"""Runs of deployments (orchestration.md 2.5, 2.6)."""

from typing import Any

import pytest

from tests.api.driver import Api, ago, iso, problems, template

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


async def test_required_parameters_may_come_with_the_run(api: Api) -> None:
    deployment = await api.create_deployment(parameter_openapi_schema=SCHEMA)
    path = f"deployments/{deployment['id']}/create_flow_run"

    refused = await api.post(path, {}, expect=409)
    run = await api.post(path, {"parameters": {"n": 3}}, expect=201)
    unchecked = await api.post(path, {"enforce_parameter_schema": False}, expect=201)

    assert "'n' is a required property" in refused["detail"]
    assert run["parameters"] == {"n": 3}
    assert unchecked["parameters"] == {}


async def test_a_run_takes_over_what_the_deployment_says(api: Api) -> None:
    await api.create_pool(base_job_template=template())
    deployment = await api.create_deployment(
        work_pool_name="pool",
        version="7",
        tags=["t"],
        labels={"mine": True},
        parameters={"a": 1, "b": 2},
        job_variables={"command": "ls"},
    )
    path = f"deployments/{deployment['id']}/create_flow_run"

    run = await api.post(path, {"parameters": {"b": 3}, "tags": ["u"], "labels": {"own": 1}}, expect=201)

    assert (run["state_type"], run["state"]["type"], run["auto_scheduled"]) == (
        "SCHEDULED",
        "SCHEDULED",
        False,
    )
    assert run["parameters"] == {"a": 1, "b": 3}
    assert (run["tags"], run["deployment_version"], run["job_variables"]) == (["t", "u"], "7", {})
    assert run["labels"] == {
        "prefect.flow.id": str(api.flow_id),
        "prefect.deployment.id": deployment["id"],
        "mine": True,
        "own": 1,
    }
    assert (run["work_pool_name"], run["work_queue_name"]) == ("pool", "default")
    assert run["work_queue_id"] == deployment["work_queue_id"]
    assert len(run["name"].split("-")) >= 2
    assert await api.poll() == [run["name"]]


async def test_an_idempotency_key_gives_the_same_run(api: Api) -> None:
    deployment = await api.create_deployment()
    path = f"deployments/{deployment['id']}/create_flow_run"

    first = await api.post(path, {"idempotency_key": "k", "name": "one"}, expect=201)
    second = await api.post(path, {"idempotency_key": "k", "name": "two"}, expect=200)

    assert (second["id"], second["name"]) == (first["id"], "one")


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"job_variables": {"command": 3}}, 422, "command"),
        ({"work_queue_name": "a/b"}, 422, "work_queue_name"),
        ({"colour": "blue"}, 422, "colour"),
        ({"state": {"type": "WAITING"}}, 422, "type"),
    ],
)
async def test_a_bad_run_is_refused(api: Api, body: dict[str, Any], status: int, named: str) -> None:
    await api.create_pool(base_job_template=template())
    deployment = await api.create_deployment(work_pool_name="pool")

    answer = await api.post(f"deployments/{deployment['id']}/create_flow_run", body, expect=status)

    assert named in problems(answer)
    assert await api.post("flow_runs/count") == 0


async def test_a_run_can_name_another_queue_of_the_pool(api: Api) -> None:
    await api.create_pool()
    deployment = await api.create_deployment(work_pool_name="pool")
    alone = await api.create_deployment("alone")
    body = {"work_queue_name": "new"}

    run = await api.post(f"deployments/{deployment['id']}/create_flow_run", body, expect=201)
    answer = await api.post(f"deployments/{alone['id']}/create_flow_run", body, expect=400)

    assert run["work_queue_id"] == (await api.read_queue("new"))["id"]
    assert "no work pool" in answer["detail"]


async def test_required_job_variables_are_asked_of_a_run(api: Api) -> None:
    required = {
        "type": "object",
        "properties": {"command": {"type": "string"}},
        "required": ["command"],
    }
    await api.create_pool(base_job_template=template(variables=required))
    deployment = await api.create_deployment(work_pool_name="pool")
    path = f"deployments/{deployment['id']}/create_flow_run"

    assert "command" in problems(await api.post(path, {}, expect=422))
    await api.post(path, {"job_variables": {"command": "ls"}}, expect=201)


async def test_runs_of_served_deployments_are_handed_out_and_make_them_ready(api: Api) -> None:
    deployment, other = await api.create_deployment("d"), await api.create_deployment("other")
    for one in (deployment, other):
        await api.post(f"deployments/{one['id']}/create_flow_run", {"name": one["name"]}, expect=201)
    body = {"deployment_ids": [deployment["id"]], "scheduled_before": iso(ago(seconds=-10))}

    found = await api.post("deployments/get_scheduled_flow_runs", body)
    await api.record_polls()

    assert [run["name"] for run in found] == ["d"]
    assert (await api.get(f"deployments/{deployment['id']}"))["status"] == "READY"
    assert (await api.get(f"deployments/{other['id']}"))["status"] == "NOT_READY"
    early = body | {"scheduled_before": iso(ago(hours=1))}
    assert await api.post("deployments/get_scheduled_flow_runs", early) == []
