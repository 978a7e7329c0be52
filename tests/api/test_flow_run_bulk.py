"""Many runs, flows and deployments at once, and what is told of many (orchestration.md 1.3, 2.1, 2.5-2.7)."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest

from penstock.schemas.states import StateType
from penstock.server.database.orm_models import FlowRun
from tests.api.driver import Api, ago, iso

UNKNOWN = UUID(int=1)


async def deploy(api: Api, name: str = "d", **fields: Any) -> dict[str, Any]:
    body = {"name": name, "flow_id": str(await api.add_flow()), **fields}
    deployment: dict[str, Any] = (await api.send("POST", "deployments/", body)).json()
    return deployment


async def test_many_runs_of_a_deployment(api: Api):
    await api.create_pool()
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    deployment = await deploy(api, work_pool_name="pool", parameter_openapi_schema=schema)
    path = f"deployments/{deployment['id']}/create_flow_run/bulk"
    sent = [
        {"parameters": {"n": 1}, "name": "one"},
        {"parameters": {"n": "x"}},
        {"parameters": {"n": {"__prefect_kind": "json", "value": "3"}}, "idempotency_key": "k"},
        {"parameters": {"n": {"__prefect_kind": "json", "value": "{"}}},
        {"idempotency_key": "k"},
    ]
    results = (await api.post(path, sent))["results"]
    assert [one["status"] for one in results] == ["CREATED", "FAILED", "CREATED", "FAILED", "CREATED"]
    assert all((one["flow_run_id"] is None) == bool(one["error"]) for one in results)
    assert results[2]["flow_run_id"] == results[4]["flow_run_id"]
    assert (await api.get(f"flow_runs/{results[2]['flow_run_id']}"))["parameters"] == {"n": 3}
    assert await api.count_runs("SCHEDULED") == 2
    assert await api.post(path, []) == {"results": []}
    await api.post(path, [{}] * 101, expect=400)
    await api.post(f"deployments/{UNKNOWN}/create_flow_run/bulk", [], expect=404)


@pytest.mark.parametrize(
    "value",
    [
        {"__prefect_kind": "workspace_variable", "variable_name": "nope"},
        {"__prefect_kind": "jinja", "template": "{{ unknown }}"},
        {"__prefect_kind": "jinja", "template": "{{ ''.__class__.__mro__ }}"},
        {"__prefect_kind": "jinja"},
        {"__prefect_kind": "something"},
    ],
)
async def test_values_that_cannot_be_worked_out(api: Api, value: dict[str, Any]):
    deployment = await deploy(api)
    path = f"deployments/{deployment['id']}"
    answer = await api.post(f"{path}/create_flow_run", {"parameters": {"x": value}}, expect=400)
    assert answer["detail"]
    await api.patch(path, {"parameters": {"x": value}}, expect=400)


async def test_values_that_are_worked_out(api: Api):
    deployment = await deploy(api, parameters={"y": {"__prefect_kind": "jinja", "template": "{{ 1 + 1 }}"}})
    await api.post("variables/", {"name": "city", "value": {"name": "Bonn"}}, expect=201)
    body = {"parameters": {"x": [{"__prefect_kind": "workspace_variable", "variable_name": "city"}]}}
    run = await api.post(f"deployments/{deployment['id']}/create_flow_run", body, expect=201)
    assert run["parameters"] == {"x": [{"name": "Bonn"}], "y": "2"}


async def test_states_of_many_runs(api: Api):
    waiting = [await api.add_run(name=f"w{number}") for number in range(3)]
    ended = await api.add_run(state="COMPLETED")
    chosen = {"id": {"any_": [str(run_id) for run_id in [*waiting, ended]]}}
    body = {"flow_runs": chosen, "state": {"type": "CANCELLING"}}
    results = (await api.post("flow_runs/bulk_set_state", body))["results"]
    found = {UUID(one["flow_run_id"]): (one["status"], one["state"]["type"]) for one in results}
    assert found == dict.fromkeys(waiting, ("REJECT", "CANCELLED")) | {ended: ("ABORT", "COMPLETED")}
    assert all(one["details"]["type"] for one in results)
    results = (await api.post("flow_runs/bulk_set_state", body | {"limit": 2}))["results"]
    assert len(results) == 2
    await api.post("flow_runs/bulk_set_state", body | {"limit": 51}, expect=422)
    await api.post("flow_runs/bulk_set_state", {"flow_runs": chosen}, expect=422)


async def test_many_runs_are_deleted(api: Api):
    runs = [await api.add_run() for _ in range(3)]
    answer = await api.post("flow_runs/bulk_delete", {"limit": 2})
    assert sorted(answer["deleted"]) == sorted(str(run_id) for run_id in runs[1:])
    answer = await api.post("flow_runs/bulk_delete", {"flow_runs": {"id": {"any_": [str(runs[0])]}}})
    assert answer == {"deleted": [str(runs[0])]}
    await api.post("flow_runs/bulk_delete", {"limit": 0}, expect=422)


async def test_many_deployments_are_deleted(api: Api):
    made = [await deploy(api, f"d{number}") for number in range(3)]
    answer = await api.post("deployments/bulk_delete", {"deployments": {"name": {"any_": ["d0", "d2"]}}})
    assert answer == {"deleted": [made[0]["id"], made[2]["id"]]}
    assert [one["name"] for one in await api.post("deployments/filter")] == ["d1"]


async def test_flows(api: Api):
    flow = await api.post("flows/", {"name": "alpha", "tags": ["x"]}, expect=201)
    await api.post("flows/", {"name": "beta"}, expect=201)
    page = await api.post("flows/paginate", {"limit": 1, "page": 2})
    assert [page[key] for key in ("count", "limit", "pages", "page")] == [2, 1, 2, 2]
    assert [one["name"] for one in page["results"]] == ["beta"]
    await api.patch(f"flows/{flow['id']}", {"tags": ["y"]})
    assert (await api.get(f"flows/{flow['id']}"))["tags"] == ["y"]
    await api.patch(f"flows/{flow['id']}", {"name": "new"}, expect=422)
    await api.patch(f"flows/{UNKNOWN}", {"tags": []}, expect=404)
    run = await api.post("flow_runs/", {"flow_id": flow["id"]}, expect=201)
    await api.post("logs/", [log(run["id"], "hello")], expect=201)
    found = await api.post("flows/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    assert [one["name"] for one in found] == ["alpha"]
    body = {"name": "d", "flow_id": flow["id"], "schedules": [{"schedule": {"interval": 60}}]}
    deployment = await api.post("deployments/", body, expect=201)
    await api.delete(f"flows/{flow['id']}")
    await api.delete(f"flows/{flow['id']}", expect=404)
    await api.get(f"flow_runs/{run['id']}", expect=404)
    await api.get(f"deployments/{deployment['id']}", expect=404)
    assert await api.post("logs/filter") == []
    answer = await api.post("flows/bulk_delete", {"flows": {"name": {"any_": ["beta"]}}})
    assert len(answer["deleted"]) == 1
    assert await api.post("flows/count") == 0


async def test_events_of_flows(api: Api):
    flow = await api.post("flows/", {"name": "alpha"}, expect=201)
    await api.post("flows/", {"name": "alpha"}, expect=200)
    await api.patch(f"flows/{flow['id']}", {"tags": ["y"]})
    await api.patch(f"flows/{flow['id']}", {"tags": ["y"]})
    await api.delete(f"flows/{flow['id']}")
    assert await api.event_names("flow") == ["flow.created", "flow.updated", "flow.deleted"]


def log(flow_run_id: str, message: str) -> dict[str, Any]:
    moment = iso(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    return {"name": "n", "level": 20, "message": message, "timestamp": moment, "flow_run_id": flow_run_id}


async def test_a_log_as_a_file(api: Api):
    run_id = str(await api.add_run())
    await api.post("logs/", [log(run_id, 'says "hi",\nbye'), log(run_id, "second")], expect=201)
    response = await api.send("GET", f"flow_runs/{run_id}/logs/download", expect=200)
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(response.text)))
    assert list(rows[0]) == ["timestamp", "level", "flow_run_id", "task_run_id", "message"]
    assert {row["message"] for row in rows} == {'says "hi",\nbye', "second"}
    assert (rows[0]["timestamp"], rows[0]["level"]) == ("2026-01-02T03:04:05.000000Z", "20")
    await api.get(f"flow_runs/{UNKNOWN}/logs/download", expect=404)


async def test_history(api: Api):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    hour = timedelta(hours=1)
    for offset, state in (
        (0, "COMPLETED"),
        (0.5, "COMPLETED"),
        (0.999, "FAILED"),
        (1, "COMPLETED"),
        (3, "FAILED"),
    ):
        planned = start + offset * hour
        await api.add_run(
            state=state,
            expected_start_time=planned,
            start_time=planned + timedelta(seconds=10),
            total_run_time=2.5,
        )
    body = {
        "history_start": iso(start), "history_end": iso(start + 3 * hour), "history_interval_seconds": 3600,
    }  # fmt: skip
    history = await api.post("flow_runs/history", body)
    assert [one["interval_start"] for one in history] == [
        f"2026-01-01T0{number}:00:00.000000Z" for number in range(3)
    ]
    assert [
        [(state["state_type"], state["state_name"], state["count_runs"]) for state in one["states"]]
        for one in history
    ] == [[("COMPLETED", "Completed", 2), ("FAILED", "Failed", 1)], [("COMPLETED", "Completed", 1)], []]
    first = history[0]["states"][0]
    assert first["sum_estimated_run_time"] == pytest.approx(5)
    assert first["sum_estimated_lateness"] == pytest.approx(20)
    only_failed = body | {"flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}}
    assert [len(one["states"]) for one in await api.post("flow_runs/history", only_failed)] == [1, 0, 0]
    longer = body | {"history_end": iso(start + 1000 * hour)}
    assert len(await api.post("flow_runs/history", longer)) == 500
    assert await api.post("flow_runs/history", body | {"history_end": iso(start - hour)}) == []


@pytest.mark.parametrize("seconds", [0, 0.5, -1, "x", 1e300])
async def test_bad_intervals(api: Api, seconds: Any):
    now = iso(ago())
    body = {"history_start": now, "history_end": now, "history_interval_seconds": seconds}
    await api.post("flow_runs/history", body, expect=422)


async def test_lateness(api: Api):
    assert await api.post("flow_runs/lateness") is None
    planned = ago(minutes=1)
    await api.add_run(
        state="RUNNING", expected_start_time=planned, start_time=planned + timedelta(seconds=10)
    )
    assert await api.post("flow_runs/lateness") == pytest.approx(10)
    await api.add_run(expected_start_time=planned)
    assert await api.post("flow_runs/lateness") == pytest.approx(35, abs=10)
    await api.add_run(state="CANCELLED", expected_start_time=planned)
    assert await api.post("flow_runs/lateness") == pytest.approx(24, abs=7)
    page = await api.post("flow_runs/paginate", {"limit": 2})
    assert (page["count"], page["pages"], len(page["results"])) == (3, 2, 2)


async def test_runs_for_those_who_serve(api: Api):
    mine, other = await deploy(api, "mine"), await deploy(api, "other")
    for deployment, name, start in (
        (mine, "second", ago(minutes=1)), (mine, "first", ago(minutes=2)), (mine, "later", ago(hours=-1)),
        (other, "other", ago(minutes=1)),
    ):  # fmt: skip
        await api.add_run(name=name, start=start, deployment_id=UUID(deployment["id"]))
    body = {"deployment_ids": [mine["id"]], "scheduled_before": "2999-01-01 00:00:00+00:00"}
    path = "deployments/get_scheduled_flow_runs"
    assert [one["name"] for one in await api.post(path, body)] == ["first", "second", "later"]
    body["scheduled_before"] = iso(ago())
    found = await api.post(path, body | {"limit": 1})
    assert [one["name"] for one in found] == ["first"]
    assert found[0]["state"]["type"] == "SCHEDULED"
    assert len(await api.post(path, {"deployment_ids": [mine["id"]]})) == 3
    await api.record_polls()
    ready = await api.get(f"deployments/{mine['id']}")
    assert (ready["status"], ready["last_polled"] is None) == ("READY", False)
    assert (await api.get(f"deployments/{other['id']}"))["status"] == "NOT_READY"
    assert await api.event_names("deployment") == [
        "deployment.created", "deployment.created", "deployment.ready",
    ]  # fmt: skip


async def test_work_queue_check(api: Api):
    await api.create_pool()
    deployment = await deploy(api, work_pool_name="pool")
    (queue,) = await api.get(f"deployments/{deployment['id']}/work_queue_check")
    assert queue["name"] == "default"
    served = await deploy(api, "served")
    assert await api.get(f"deployments/{served['id']}/work_queue_check") == []


async def test_headers_that_name_the_worker_are_accepted(api: Api):
    run_id = await api.add_run()
    state = {"state": {"type": "PENDING"}}
    headers = {"X_Prefect_Worker_Id": str(UNKNOWN), "X_Prefect_Worker_Name": "w"}
    await api.post(f"flow_runs/{run_id}/set_state", state, expect=201, **headers)
    row = await api.row(FlowRun, run_id)
    assert row.state_type is StateType.PENDING
