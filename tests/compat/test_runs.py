"""Runs carried out by an unmodified process worker."""

import os
import signal
from pathlib import Path

import pytest

from tests.compat.client import Prefect, wait_until

pytestmark = pytest.mark.compat

POOL = "running"


@pytest.fixture(scope="module")
def worker_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worker") / "worker.log"


@pytest.fixture(scope="module", autouse=True)
def _worker(prefect: Prefect, worker_log: Path):  # type: ignore[no-untyped-def]
    """One worker serves all tests of this module."""
    prefect.make_pool(POOL)
    prefect.deploy(POOL, "total", "failing", "flaky", "parent", "slow", "waiting", "suspending", "publishing")
    with prefect.worker(POOL, "--name", "compat-worker", log=worker_log) as process:
        yield process


@pytest.mark.feature("Runs", "a deployed flow on a process worker: states, result, logs, worker listed")
@pytest.mark.short
def test_a_run_completes(prefect: Prefect) -> None:
    run = prefect.trigger("total/total", "--param", "n=4")
    prefect.wait_for_state(run, "Completed")
    assert [name for name in prefect.states(run) if name not in ("Late", "Submitting")] == [
        "Scheduled",
        "Pending",
        "Running",
        "Completed",
    ]
    wait_until("the flow's log", lambda: "adding up to 4" in prefect.cli("flow-run", "logs", run))
    workers = prefect.api.post(f"work_pools/{POOL}/workers/filter", json={}).json()
    assert [(one["name"], one["status"]) for one in workers] == [("compat-worker", "ONLINE")]
    assert prefect.json("flow-run", "inspect", run)["state_name"] == "Completed"
    assert run in prefect.cli("flow-run", "ls", "--flow-name", "total", "--state", "COMPLETED")


@pytest.mark.feature("Runs", "task runs recorded from the engine's events, with their states")
@pytest.mark.short
def test_task_runs_are_recorded(prefect: Prefect) -> None:
    run = prefect.trigger("total/total", "--param", "n=3")
    prefect.wait_for_state(run, "Completed")
    asked = {"task_runs": {"flow_run_id": {"any_": [run]}}}

    def recorded() -> list[dict[str, object]]:
        found = prefect.api.post("task_runs/filter", json=asked).json()
        return [one for one in found if one["state_type"] == "COMPLETED"]

    wait_until("three completed task runs", lambda: len(recorded()) == 3)
    task_run = recorded()[0]
    history = prefect.api.get("task_run_states/", params={"task_run_id": str(task_run["id"])}).json()
    assert [state["name"] for state in history] == ["Pending", "Running", "Completed"]


@pytest.mark.feature("Runs", "events of a run: Pending, Running, Completed, heartbeats of the worker")
def test_events_are_kept(prefect: Prefect) -> None:
    run = prefect.trigger("total/total")
    prefect.wait_for_state(run, "Completed")
    asked = {"filter": {"any_resource": {"id": [f"prefect.flow-run.{run}"]}, "order": "ASC"}}

    def names() -> list[str]:
        return [event["event"] for event in prefect.api.post("events/filter", json=asked).json()["events"]]

    wait_until("the end of the run among the events", lambda: "prefect.worker.executed-flow-run" in names())
    for name in ("Scheduled", "Pending", "Running", "Completed"):
        assert f"prefect.flow-run.{name}" in names()


@pytest.mark.feature("Runs", "a flow that fails")
@pytest.mark.short
def test_a_run_fails(prefect: Prefect) -> None:
    run = prefect.trigger("failing/failing")
    assert "this flow always fails" in prefect.wait_for_state(run, "Failed")["state"]["message"]


@pytest.mark.feature("Runs", "a flow with retries")
def test_a_run_is_retried(prefect: Prefect) -> None:
    run = prefect.trigger("flaky/flaky")
    ended = prefect.wait_for_state(run, "Completed", "Failed", "Crashed")
    assert ended["state_name"] == "Completed"
    assert "AwaitingRetry" in prefect.states(run)
    assert ended["run_count"] == 2


@pytest.mark.feature("Runs", "subflows: child runs linked by task runs of the parent")
def test_subflows(prefect: Prefect) -> None:
    run = prefect.trigger("parent/parent")
    prefect.wait_for_state(run, "Completed")
    asked = {"flow_runs": {"parent_flow_run_id": {"any_": [run]}}}
    children = prefect.api.post("flow_runs/filter", json=asked).json()
    assert [child["state_name"] for child in children] == ["Completed", "Completed"]


@pytest.mark.feature("Runs", "flow-run cancel while running: the worker ends the process")
@pytest.mark.short
def test_cancel_while_running(prefect: Prefect) -> None:
    run = prefect.trigger("slow/slow")
    prefect.wait_for_state(run, "Running")
    prefect.cli("flow-run", "cancel", run)
    prefect.wait_for_state(run, "Cancelled")
    assert "Cancelling" in prefect.states(run)


@pytest.mark.feature("Runs", "flow-run cancel before it starts")
def test_cancel_before_start(prefect: Prefect) -> None:
    run = prefect.trigger("slow/slow", "--start-in", "1 hour")
    prefect.cli("flow-run", "cancel", run)
    assert prefect.flow_run(run)["state_name"] == "Cancelled"


@pytest.mark.feature("Runs", "pause in the process and resume")
def test_pause_and_resume(prefect: Prefect) -> None:
    run = prefect.trigger("waiting/waiting")
    prefect.wait_for_state(run, "Paused")
    assert prefect.api.post(f"flow_runs/{run}/resume", json={}).json()["status"] == "ACCEPT"
    prefect.wait_for_state(run, "Completed")


@pytest.mark.feature("Runs", "suspend (the process ends) and resume on a worker")
def test_suspend_and_resume(prefect: Prefect) -> None:
    run = prefect.trigger("suspending/suspending")
    prefect.wait_for_state(run, "Suspended")
    assert prefect.api.post(f"flow_runs/{run}/resume", json={}).json()["status"] == "ACCEPT"
    prefect.wait_for_state(run, "Completed", seconds=90)


@pytest.mark.feature("Runs", "a flow process that is killed: Crashed")
def test_a_killed_process_is_a_crash(prefect: Prefect) -> None:
    run = prefect.trigger("slow/slow")
    prefect.wait_for_state(run, "Running")
    pid = str(prefect.flow_run(run)["infrastructure_pid"]).split(":")[-1]
    os.kill(int(pid), signal.SIGKILL)
    prefect.wait_for_state(run, "Crashed")


@pytest.mark.feature("Runs", "artifacts and variables written by a flow; artifact ls, inspect; variable get")
def test_artifacts_and_variables_of_a_flow(prefect: Prefect) -> None:
    run = prefect.trigger("publishing/publishing")
    prefect.wait_for_state(run, "Completed")
    assert "compat-report" in prefect.cli("artifact", "ls")
    assert "made by a flow" in prefect.cli("artifact", "inspect", "compat-report")
    assert "by a flow" in prefect.cli("variable", "get", "compat_from_flow")


@pytest.mark.feature("Runs", "flow-run delete")
def test_delete_a_run(prefect: Prefect) -> None:
    run = prefect.trigger("total/total")
    prefect.wait_for_state(run, "Completed")
    prefect.cli("--no-prompt", "flow-run", "delete", run)
    assert prefect.api.get(f"flow_runs/{run}").status_code == 404


@pytest.mark.feature("Runs", "deployment run --watch follows a run to its end")
def test_watching_a_run(prefect: Prefect) -> None:
    output = prefect.cli("deployment", "run", "total/total", "--watch")
    assert "Completed" in output
