"""Limits with unmodified workers racing."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.compat.client import Prefect, wait_until

pytestmark = pytest.mark.compat

RUNS = 20


def _most_at_once(prefect: Prefect, runs: list[str]) -> int:
    """Count from the histories how many runs were PENDING or RUNNING at once."""
    changes: list[tuple[datetime, int]] = []
    for run in runs:
        holds = False
        for state in prefect.api.get("flow_run_states/", params={"flow_run_id": run}).json():
            now_holds = state["type"] in ("PENDING", "RUNNING")
            if now_holds != holds:
                at = datetime.fromisoformat(state["timestamp"])
                changes.append((at, 1 if now_holds else -1))
                holds = now_holds
    most = held = 0
    for _, change in sorted(changes):
        held += change
        most = max(most, held)
    return most


@pytest.mark.feature("Limits", "two workers, a pool with limit 1, 20 due runs: one at a time, each once")
def test_two_workers_on_a_pool_of_one(prefect: Prefect, tmp_path: Path) -> None:
    prefect.make_pool("one-slot")
    prefect.cli("work-pool", "set-concurrency-limit", "one-slot", "1")
    prefect.deploy("one-slot", "ticking")
    deployment = prefect.api.get("deployments/name/ticking/ticking").json()["id"]
    runs = [
        prefect.api.post(f"deployments/{deployment}/create_flow_run", json={}).json()["id"]
        for _ in range(RUNS)
    ]
    with (
        prefect.worker("one-slot", "--name", "left", log=tmp_path / "left.log"),
        prefect.worker("one-slot", "--name", "right", log=tmp_path / "right.log"),
    ):
        wait_until(
            "the end of all runs",
            lambda: all(prefect.flow_run(run)["state_name"] == "Completed" for run in runs),
            seconds=400,
        )
    for run in runs:
        assert prefect.flow_run(run)["run_count"] == 1
        assert prefect.states(run).count("Running") == 1
    assert _most_at_once(prefect, runs) == 1
