"""Resuming runs, and what they are told (orchestration.md 1.7, 4.10)."""

import json
from typing import Any
from uuid import UUID

import pytest

from tests.api.driver import Api

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}
KEYS = {"schema": "pause-1-schema", "response": "pause-1-response"}


async def paused_run(api: Api, **details: Any) -> str:
    run = await api.post("flow_runs/", {"flow_id": str(await api.add_flow())}, expect=201)
    await api.propose(run["id"], "RUNNING")
    state = {"type": "PAUSED", "state_details": details}
    answer = await api.post(f"flow_runs/{run['id']}/set_state", {"state": state}, expect=201)
    assert answer["status"] == "ACCEPT"
    run_id: str = run["id"]
    return run_id


async def test_a_paused_run_runs_again(api: Api):
    run_id = await paused_run(api)
    answer = await api.post(f"flow_runs/{run_id}/resume", expect=201)
    assert (answer["status"], answer["state"]["type"]) == ("ACCEPT", "RUNNING")
    assert (await api.get(f"flow_runs/{run_id}"))["run_count"] == 1
    again = await api.post(f"flow_runs/{run_id}/resume", {"run_input": None})
    assert (again["status"], again["state"]) == ("ABORT", None)
    await api.post(f"flow_runs/{UUID(int=1)}/resume", expect=404)


async def test_a_suspended_run_is_scheduled(api: Api):
    await api.create_pool()
    body = {"name": "d", "flow_id": str(await api.add_flow()), "work_pool_name": "pool"}
    deployment = await api.post("deployments/", body, expect=201)
    run = await api.post(f"deployments/{deployment['id']}/create_flow_run", {}, expect=201)
    for state in ("PENDING", "RUNNING"):
        await api.propose(run["id"], state)
    suspended = {"type": "PAUSED", "name": "Suspended", "state_details": {"pause_reschedule": True}}
    await api.post(f"flow_runs/{run['id']}/set_state", {"state": suspended}, expect=201)
    answer = await api.post(f"flow_runs/{run['id']}/resume", expect=201)
    assert (answer["state"]["type"], answer["state"]["name"]) == ("SCHEDULED", "Resuming")
    assert await api.poll() == [run["name"]]


async def test_a_run_is_told_what_it_asked_for(api: Api):
    run_id = await paused_run(api, run_input_keyset=KEYS)
    path = f"flow_runs/{run_id}"
    await api.post(f"{path}/input", {"key": KEYS["schema"], "value": json.dumps(SCHEMA)}, expect=201)
    await api.post("variables/", {"name": "who", "value": "Ada"}, expect=201)
    given = {"name": {"__prefect_kind": "workspace_variable", "variable_name": "who"}, "age": 36}
    answer = await api.post(f"{path}/resume", {"run_input": given}, expect=201)
    assert answer["status"] == "ACCEPT"
    response = await api.send("GET", f"{path}/input/{KEYS['response']}", expect=200)
    assert json.loads(response.text) == {"name": "Ada", "age": 36}


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        (json.dumps(SCHEMA), None),
        (json.dumps(SCHEMA), {"name": 7}),
        (json.dumps(SCHEMA), {"name": {"__prefect_kind": "workspace_variable", "variable_name": "no"}}),
        (json.dumps({"type": "nonsense"}), {}),
        ("no JSON", {}),
        ("[]", {}),
        (None, {"name": "Ada"}),
    ],
)
async def test_input_that_does_not_fit_leaves_the_run_paused(
    api: Api, stored: str | None, given: dict[str, Any] | None
):
    run_id = await paused_run(api, run_input_keyset=KEYS)
    if stored is not None:
        await api.post(f"flow_runs/{run_id}/input", {"key": KEYS["schema"], "value": stored}, expect=201)
    answer = await api.post(f"flow_runs/{run_id}/resume", {"run_input": given})
    assert (answer["status"], answer["state"]["type"]) == ("REJECT", "PAUSED")
    assert answer["details"]["type"] == "abort_details"
    assert answer["details"]["reason"]
    assert (await api.get(f"flow_runs/{run_id}"))["state_type"] == "PAUSED"


async def test_inputs(api: Api):
    run_id = await paused_run(api)
    path = f"flow_runs/{run_id}/input"
    for number in range(3):
        body = {"key": f"chat-{number}", "value": f"v{number}", "sender": "prefect.flow-run.1"}
        assert await api.post(path, body, expect=201) is None
    await api.post(path, {"key": "other", "value": "x"}, expect=201)
    await api.post(path, {"key": "other", "value": "y"}, expect=409)
    assert (await api.send("GET", f"{path}/other", expect=200)).text == "x"
    found = await api.post(f"{path}/filter", {"prefix": "chat"})
    assert [one["key"] for one in found] == ["chat-0"]
    assert set(found[0]) == {"id", "created", "updated", "flow_run_id", "key", "value", "sender"}
    body = {"prefix": "chat", "limit": 5, "exclude_keys": ["chat-0"]}
    assert [one["value"] for one in await api.post(f"{path}/filter", body)] == ["v1", "v2"]
    await api.delete(f"{path}/other")
    await api.get(f"{path}/other", expect=404)
    await api.delete(f"{path}/other", expect=404)
    await api.post(f"flow_runs/{UUID(int=1)}/input", {"key": "a", "value": "b"}, expect=404)
    await api.post(path, {"key": "no spaces", "value": "b"}, expect=422)
    await api.delete(f"flow_runs/{run_id}")
    await api.get(f"{path}/chat-1", expect=404)
