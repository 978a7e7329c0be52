"""Flows without a work pool: plain scripts, served flows, concurrency limits."""

from pathlib import Path

import pytest

from tests.compat.client import Prefect, end, wait_until

pytestmark = pytest.mark.compat


@pytest.mark.feature("Local flows", "python flow.py")
@pytest.mark.short
def test_a_plain_script(prefect: Prefect) -> None:
    prefect.run("python", "flows.py")
    asked = {"flows": {"name": {"any_": ["total"]}}, "flow_runs": {"deployment_id": {"is_null_": True}}}
    runs = prefect.api.post("flow_runs/filter", json=asked).json()
    assert runs
    assert {run["state_name"] for run in runs if run["parent_task_run_id"] is None} == {"Completed"}


@pytest.mark.feature(
    "Local flows", "flow.serve() with an interval schedule: the server's scheduler makes the runs"
)
def test_a_served_flow(prefect: Prefect, tmp_path: Path) -> None:
    process = prefect.start("python", "flows.py", "serve", log=tmp_path / "serve.log")
    try:
        deployment = wait_until(
            "the served deployment",
            lambda: (
                (answer := prefect.api.get("deployments/name/ticking/served")).status_code == 200
                and answer.json()
            ),
        )
        asked = {
            "flow_runs": {
                "deployment_id": {"any_": [deployment["id"]]},
                "state": {"name": {"any_": ["Completed"]}},
            }
        }
        completed = wait_until(
            "two scheduled runs",
            lambda: len(found := prefect.api.post("flow_runs/filter", json=asked).json()) >= 2 and found,
        )
        assert all(run["auto_scheduled"] for run in completed)
    finally:
        end(process)


@pytest.mark.feature("Local flows", "concurrency() and rate_limit() in a flow")
def test_concurrency_in_a_flow(prefect: Prefect) -> None:
    prefect.cli("gcl", "create", "compat-limit", "--limit", "1")
    prefect.cli("gcl", "create", "compat-rate", "--limit", "5", "--slot-decay-per-second", "1.0")
    prefect.run("python", "-c", "import flows; flows.limited()")
    limit = prefect.api.get("v2/concurrency_limits/compat-limit").json()
    assert limit["active_slots"] == 0
