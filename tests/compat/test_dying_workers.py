"""What becomes of the runs of an unmodified worker that is ended or killed."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.compat.client import Prefect, wait_until

pytestmark = pytest.mark.compat

POOL = "dying"
BUDGET_SECONDS = 150
"""Far more than the server's settings ask for: starting a worker and a flow takes most of it."""


@pytest.fixture(scope="module", autouse=True)
def _deployed(hasty_prefect: Prefect) -> None:
    hasty_prefect.make_pool(POOL)
    hasty_prefect.deploy(POOL, "marking")
    deployment = hasty_prefect.api.get("deployments/name/marking/marking").json()["id"]
    change = {"infra_retries": 1, "infra_retry_delay_seconds": 1}
    hasty_prefect.api.patch(f"deployments/{deployment}", json=change).raise_for_status()


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    return tmp_path / "marks"


@contextmanager
def worker_at_run(
    prefect: Prefect, marks: Path, state: str, *, seconds: int
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Have a worker that is at a run which is in that state; its flow takes ``seconds``."""
    run = prefect.trigger("marking/marking", "--param", f"path={marks}", "--param", f"seconds={seconds}")
    with prefect.worker(POOL, "--name", f"first-{run[-6:]}", log=marks.with_name("first.log")) as worker:
        wait_until(f"a run that is {state}", lambda: prefect.flow_run(run)["state_type"] == state)
        if state == "RUNNING":
            wait_until("the flow's mark", marks.exists)
            lease = prefect.flow_run(run)["lease_expires_at"]
            wait_until("signs of life", lambda: prefect.flow_run(run)["lease_expires_at"] > lease)
        yield worker, run


def run_again(prefect: Prefect, run: str, log: Path) -> dict[str, Any]:
    """Let a second worker take over; returns the run at its end."""
    with prefect.worker(POOL, "--name", "second", log=log):
        return prefect.wait_for_state(run, "Completed", seconds=BUDGET_SECONDS)


def lines(marks: Path) -> list[str]:
    return marks.read_text().split()


def kill_all(worker: subprocess.Popen[str]) -> None:
    """Kill a worker and everything it started, which is in process groups of its own."""
    for pid in [worker.pid, *descendants(worker.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    worker.wait()


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def freed(prefect: Prefect, run: str, since: float) -> str:
    """Wait until a run is taken from its worker; returns the message, and prints how long it took."""
    found = prefect.wait_for_state(run, "AwaitingRetry", "Late", "Crashed", seconds=BUDGET_SECONDS)
    print(f"free after {time.monotonic() - since:.1f} s: {found['state']['name']}")
    history = prefect.api.get("flow_run_states/", params={"flow_run_id": run}).json()
    return str(next(one["message"] for one in history if one["name"] in ("AwaitingRetry", "Crashed")))


@pytest.mark.feature("Dying workers", "SIGTERM: the run that the worker takes with it is run again")
def test_a_worker_that_is_asked_to_stop(hasty_prefect: Prefect, marks: Path) -> None:
    with worker_at_run(hasty_prefect, marks, "RUNNING", seconds=40) as (worker, run):
        worker.send_signal(signal.SIGTERM)
        since = time.monotonic()
        worker.wait(timeout=30)
        assert "was not heard of for" in freed(hasty_prefect, run, since)
    assert lines(marks) == ["began"]
    assert hasty_prefect.flow_run(run)["infra_failures"] == 1
    assert run_again(hasty_prefect, run, marks.with_name("second.log"))["attempt"] == 2
    assert lines(marks) == ["began", "began", "ended"]


@pytest.mark.feature("Dying workers", "kill -9 while its process lives: the run completes, untouched, once")
def test_a_killed_worker_whose_process_lives(hasty_prefect: Prefect, marks: Path) -> None:
    with worker_at_run(hasty_prefect, marks, "RUNNING", seconds=70) as (worker, run):
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        ended = hasty_prefect.wait_for_state(run, "Completed", "AwaitingRetry", "Crashed", seconds=120)
    assert (ended["state_name"], ended["attempt"], ended["infra_failures"]) == ("Completed", 1, 0)
    assert lines(marks) == ["began", "ended"]


@pytest.mark.feature("Dying workers", "kill -9 of worker and process: a second worker runs the flow")
def test_a_killed_worker_with_its_process(hasty_prefect: Prefect, marks: Path) -> None:
    with worker_at_run(hasty_prefect, marks, "RUNNING", seconds=40) as (worker, run):
        kill_all(worker)
        since = time.monotonic()
        assert f"worker 'first-{run[-6:]}' was not heard of for" in freed(hasty_prefect, run, since)
    assert run_again(hasty_prefect, run, marks.with_name("second.log"))["attempt"] == 2
    assert lines(marks) == ["began", "began", "ended"]


@pytest.mark.feature("Dying workers", "kill -9 right after PENDING: the run goes back when it is offline")
def test_a_worker_killed_before_the_start(hasty_prefect: Prefect, marks: Path) -> None:
    with worker_at_run(hasty_prefect, marks, "PENDING", seconds=1) as (worker, run):
        kill_all(worker)
        since = time.monotonic()
        assert "is gone and had not started the run" in freed(hasty_prefect, run, since)
    assert run_again(hasty_prefect, run, marks.with_name("second.log"))["attempt"] == 2
    assert lines(marks) == ["began", "ended"]
