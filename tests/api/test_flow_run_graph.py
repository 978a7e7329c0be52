"""A run as a graph of what it ran (orchestration.md 2.7)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from penstock.core.ids import uuid7
from penstock.schemas.states import StateType
from penstock.server.database.orm_models import TaskRun
from tests.api.driver import Api, ago, iso


async def add_task(api: Api, run_id: UUID, name: str, start: datetime | None, **columns: Any) -> UUID:
    task_id = uuid7()
    row = TaskRun(
        id=task_id, name=name, flow_run_id=run_id, task_key=name, dynamic_key="0", start_time=start,
        state_id=uuid7(), state_type=StateType.COMPLETED, state_name="Completed", state_timestamp=ago(),
        **columns,
    )  # fmt: skip
    async with api.db.session_context(begin_transaction=True) as session:
        session.add(row)
    return task_id


def task_input(task_id: UUID) -> dict[str, str]:
    return {"input_type": "task_run", "id": str(task_id)}


async def test_a_graph(api: Api):
    run = await api.post("flow_runs/", {"flow_id": str(await api.add_flow())}, expect=201)
    run_id = UUID(run["id"])
    first = await add_task(api, run_id, "first", ago(minutes=9), end_time=ago(minutes=8))
    stand_in = await add_task(
        api, run_id, "stand-in", ago(minutes=7), task_inputs={"x": [task_input(first), task_input(uuid7())]}
    )
    subflow = await api.add_run(
        state="RUNNING", name="child", parent_task_run_id=stand_in, start_time=ago(minutes=6)
    )
    last = await add_task(
        api,
        run_id,
        "last",
        ago(minutes=5),
        end_time=ago(minutes=4),
        task_inputs={
            "y": [task_input(stand_in), {"input_type": "constant"}],
            "__parents__": [task_input(first)],
        },
    )
    await add_task(api, run_id, "waiting", None)
    body = {
        "key": "report",
        "type": "progress",
        "data": 50.0,
        "flow_run_id": run["id"],
        "task_run_id": str(last),
    }
    artifact = await api.post("artifacts/", body, expect=201)
    graph = await api.get(f"flow_runs/{run_id}/graph-v2")
    assert set(graph) == {"start_time", "end_time", "root_node_ids", "nodes", "artifacts", "states"}
    assert graph["root_node_ids"] == [str(first)]
    assert [(node["kind"], node["label"]) for _, node in graph["nodes"]] == [
        ("task-run", "first"), ("flow-run", "child"), ("task-run", "last"),
    ]  # fmt: skip
    nodes = dict(graph["nodes"])
    assert list(nodes) == [str(first), str(subflow), str(last)]
    child = nodes[str(subflow)]
    assert (child["parents"], child["children"]) == ([{"id": str(first)}], [{"id": str(last)}])
    assert (child["state_type"], child["end_time"]) == ("RUNNING", None)
    assert nodes[str(last)]["encapsulating"] == [{"id": str(first)}]
    (shown,) = nodes[str(last)]["artifacts"]
    assert (shown["id"], shown["data"], shown["is_latest"]) == (artifact["id"], 50.0, True)
    assert graph["artifacts"] == []
    assert [state["name"] for state in graph["states"]] == ["Pending"]
    later = await api.send(
        "GET", f"flow_runs/{run_id}/graph-v2?since={iso(ago(minutes=6)).replace('+', '%2B')}"
    )
    assert [node_id for node_id, _ in later.json()["nodes"]] == [str(subflow), str(last)]
    await api.get(f"flow_runs/{UUID(int=1)}/graph-v2", expect=404)
