"""Routes of task runs."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from penstock.core.clock import utc_now
from penstock.schemas.states import Pending, Running
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import FlowRun
from tests.support.factories import make_run

KEYS = [
    "id", "created", "updated", "name", "flow_run_id", "task_key", "dynamic_key", "cache_key",
    "cache_expiration", "task_version", "empirical_policy", "tags", "labels", "state_id", "task_inputs",
    "state_type", "state_name", "run_count", "flow_run_run_count", "expected_start_time",
    "next_scheduled_start_time", "start_time", "end_time", "total_run_time", "estimated_run_time",
    "estimated_start_time_delta", "state",
]  # fmt: skip


@pytest.fixture
async def flow_run(db: DBInterface) -> FlowRun:
    async with db.session_context(begin_transaction=True) as session:
        return await make_run(session, state=Running(), labels={"prefect.worker.name": "w1"})


def body(flow_run: FlowRun | None, **changes: Any) -> dict[str, Any]:
    return {
        "state": {"type": "PENDING", "name": "Pending", "state_details": {"deferred": None}},
        "name": "child-0",
        "flow_run_id": str(flow_run.id) if flow_run else None,
        "task_key": "child-4c46f642",
        "dynamic_key": "0",
        "empirical_policy": {"retries": 0, "retry_delay": 0, "retry_jitter_factor": None},
        "tags": ["a"],
        "labels": {"own": 1},
        "task_inputs": {
            "x": [{"input_type": "parameter", "name": "n"}, {"input_type": "constant", "type": "int"}],
            "__parents__": [{"input_type": "task_run", "id": str(uuid4())}],
        },
        **changes,
    }


async def create(client: httpx.AsyncClient, flow_run: FlowRun | None, **changes: Any) -> dict[str, Any]:
    response = await client.post("task_runs/", json=body(flow_run, **changes))
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_task_run_is_created_once(client: httpx.AsyncClient, flow_run: FlowRun) -> None:
    created = await create(client, flow_run)
    again = await client.post("task_runs/", json=body(flow_run, name="other"))

    assert again.status_code == 200
    assert again.json()["id"] == created["id"]
    assert again.json()["name"] == "child-0"
    assert list(created) == KEYS
    assert created["state_type"] == "PENDING"
    assert created["labels"] == {
        "own": 1,
        "prefect.worker.name": "w1",
        "prefect.flow.id": str(flow_run.flow_id),
        "prefect.flow-run.id": str(flow_run.id),
    }
    assert created["task_inputs"]["x"][0] == {"input_type": "parameter", "name": "n"}
    assert created["state"]["state_details"]["task_run_id"] == created["id"]
    read = (await client.get(f"task_runs/{created['id']}")).json()
    assert {**read, "estimated_start_time_delta": 0} == {**created, "estimated_start_time_delta": 0}


async def test_the_client_may_choose_the_id(client: httpx.AsyncClient, flow_run: FlowRun) -> None:
    chosen = str(uuid4())

    assert (await create(client, flow_run, id=chosen))["id"] == chosen


async def test_a_task_run_needs_no_flow_run_and_no_name(client: httpx.AsyncClient) -> None:
    first = await create(client, None, name=None, state=None)
    second = await create(client, None)

    assert first["id"] != second["id"]
    assert first["name"]
    assert first["state_name"] == "Pending"


async def test_an_unknown_flow_run_is_not_found(client: httpx.AsyncClient) -> None:
    response = await client.post("task_runs/", json=body(None, flow_run_id=str(uuid4())))

    assert response.status_code == 404
    assert "Flow run" in response.json()["exception_message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"task_key": None},
        {"unknown": 1},
        {"task_inputs": {"x": [{"input_type": "moon"}]}},
        {"empirical_policy": {"retries": -1}},
        {"empirical_policy": {"retry_delay": [1, -1]}},
        {"name": "\x00"},
    ],
)
async def test_a_wrong_task_run_is_refused(client: httpx.AsyncClient, changes: dict[str, Any]) -> None:
    assert (await client.post("task_runs/", json=body(None, **changes))).status_code == 422


async def test_unknown_ones_are_not_found(client: httpx.AsyncClient) -> None:
    path = f"task_runs/{uuid4()}"
    state = {"state": {"type": "RUNNING"}}

    assert (await client.get(path)).status_code == 404
    assert (await client.patch(path, json={"name": "x"})).status_code == 404
    assert (await client.delete(path)).status_code == 404
    assert (await client.post(f"{path}/set_state", json=state)).status_code == 404
    assert (await client.get(f"task_run_states/{uuid4()}")).status_code == 404
    assert (await client.get("task_run_states/", params={"task_run_id": str(uuid4())})).json() == []


async def test_changing_and_deleting(client: httpx.AsyncClient, flow_run: FlowRun) -> None:
    path = f"task_runs/{(await create(client, flow_run))['id']}"

    assert (await client.patch(path, json={"name": "renamed"})).status_code == 204
    assert (await client.get(path)).json()["name"] == "renamed"
    assert (await client.patch(path, json={"tags": []})).status_code == 422
    assert (await client.patch(path, json={"name": None})).status_code == 422
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_states(client: httpx.AsyncClient, flow_run: FlowRun) -> None:
    created = await create(client, flow_run)
    path = f"task_runs/{created['id']}/set_state"

    running = await client.post(path, json={"state": {"type": "RUNNING"}})
    cancelled = await client.post(path, json={"state": {"type": "CANCELLED"}, "force": True})
    late = await client.post(path, json={"state": {"type": "CRASHED"}, "force": False})

    assert [one.status_code for one in (running, cancelled, late)] == [201, 201, 200]
    assert [one.json()["status"] for one in (running, cancelled, late)] == ["ACCEPT", "ACCEPT", "ABORT"]
    assert late.json()["state"]["name"] == "Cancelled"
    states = (await client.get("task_run_states/", params={"task_run_id": created["id"]})).json()
    assert [one["name"] for one in states] == ["Pending", "Running", "Cancelled"]
    one = (await client.get(f"task_run_states/{states[1]['id']}")).json()
    assert one == states[1] == running.json()["state"]


async def test_listings(client: httpx.AsyncClient, db: DBInterface, flow_run: FlowRun) -> None:
    async with db.session_context(begin_transaction=True) as session:
        other = await make_run(session, state=Running())
    for number in range(5):
        await create(client, flow_run, dynamic_key=str(number), name=f"t{number}")
    await create(client, other, name="elsewhere", tags=[])
    asked = {"flow_runs": {"id": {"any_": [str(flow_run.id)]}}, "sort": "NAME_DESC"}

    listed = (await client.post("task_runs/filter", json={**asked, "limit": 2})).json()
    count = (await client.post("task_runs/count", json=asked)).json()
    page = (await client.post("task_runs/paginate", json={**asked, "limit": 2, "page": 3})).json()

    assert [one["name"] for one in listed] == ["t4", "t3"]
    assert count == 5
    assert [one["name"] for one in page["results"]] == ["t0"]
    assert (page["count"], page["pages"], page["page"], page["limit"]) == (5, 3, 3, 2)
    assert (await client.post("task_runs/filter", json={"limit": 201})).status_code == 422
    assert (await client.post("task_runs/filter", json={"sort": "MOON"})).status_code == 422


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "ab"),
        ({"name": {"any_": ["a"]}}, "a"),
        ({"name": {"like_": "A"}}, "a"),
        ({"tags": {"all_": ["x"]}}, "a"),
        ({"tags": {"is_null_": True}}, "b"),
        ({"state": {"type": {"any_": ["RUNNING"]}}}, "b"),
        ({"state": {"name": {"any_": ["Pending"]}}}, "a"),
        ({"start_time": {"is_null_": True}}, "a"),
        ({"start_time": {"after_": "2000-01-01T00:00:00Z"}}, "ab"),
        ({"end_time": {"is_null_": False}}, ""),
        ({"expected_start_time": {"before_": "2000-01-01T00:00:00Z"}}, ""),
        ({"subflow_runs": {"exists_": True}}, "b"),
        ({"subflow_runs": {"exists_": False}}, "a"),
        ({"flow_run_id": {"is_null_": True}}, "a"),
        ({"flow_run_id": {"is_null_": False}}, "b"),
        ({"operator": "or_", "name": {"any_": ["a"]}, "tags": {"is_null_": True}}, "ab"),
    ],
)
async def test_filters(
    client: httpx.AsyncClient, db: DBInterface, flow_run: FlowRun, asked: dict[str, Any], found: str
) -> None:
    await create(client, None, name="a", tags=["x", "y"])
    b = await create(client, flow_run, name="b", tags=[], state={"type": "RUNNING"})
    async with db.session_context(begin_transaction=True) as session:
        await make_run(session, state=Running(), parent_task_run_id=b["id"])

    rows = (await client.post("task_runs/filter", json={"task_runs": asked, "sort": "NAME_ASC"})).json()

    assert "".join(row["name"] for row in rows) == found


async def test_related_rows_are_found_by_task_runs(
    client: httpx.AsyncClient, db: DBInterface, flow_run: FlowRun
) -> None:
    task = await create(client, flow_run, name="mine")
    async with db.session_context(begin_transaction=True) as session:
        child = await make_run(session, state=Pending(), parent_task_run_id=task["id"])
    mine = {"task_runs": {"name": {"any_": ["mine"]}}}
    nobodys = {"task_runs": {"name": {"any_": ["nobody"]}}}

    assert [one["id"] for one in (await client.post("flow_runs/filter", json=mine)).json()] == [
        str(flow_run.id)
    ]
    assert (await client.post("flow_runs/count", json=nobodys)).json() == 0
    assert (await client.post("flows/count", json=mine)).json() == 1
    assert (await client.post("flows/count", json=nobodys)).json() == 0
    assert (await client.post("deployments/count", json=mine)).json() == 0
    children = {"flow_runs": {"parent_flow_run_id": {"any_": [str(flow_run.id)]}}}
    assert [one["id"] for one in (await client.post("flow_runs/filter", json=children)).json()] == [
        str(child.id)
    ]


async def test_history(client: httpx.AsyncClient, flow_run: FlowRun) -> None:
    await create(client, flow_run)
    now = utc_now()
    asked = {
        "history_start": (now - timedelta(minutes=30)).isoformat(),
        "history_end": (now + timedelta(minutes=30)).isoformat(),
        "history_interval_seconds": 1800,
    }

    history = (await client.post("task_runs/history", json=asked)).json()

    counts = [[(one["state_name"], one["count_runs"]) for one in interval["states"]] for interval in history]
    assert sorted(counts) == [[], [("Pending", 1)]]
    wrong = {**asked, "history_interval_seconds": 0}
    assert (await client.post("task_runs/history", json=wrong)).status_code == 422
