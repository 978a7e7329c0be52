"""What happens on the server to a run that is here."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from penstock.core.states import StateType
from penstock.schemas.states import (
    Cancelling,
    Completed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
    StateDetails,
)


def is_alive(pid_file: Path) -> bool:
    with suppress(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
        return True
    return False


async def test_a_cancelled_run_is_stopped_with_all_its_children(server, start_worker, tmp_path):
    child = tmp_path / "child"
    run_id = server.add_run(f"sleep 60 & echo $! > {child}; echo started; wait")
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.set_state(run_id, Cancelling())
    await server.until_ended(run_id)
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "CANCELLED"]
    assert not is_alive(child)


async def test_a_job_may_end_by_itself_when_it_is_asked_to(server, start_worker):
    run_id = server.add_run("trap 'echo tidy; exit 0' TERM; echo started; sleep 60 & wait")
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.set_state(run_id, Cancelling())
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["started", "tidy"]
    assert server.last(run_id).type is StateType.CANCELLED


async def test_a_job_that_does_not_listen_is_killed(server, start_worker):
    run_id = server.add_run("trap '' TERM; echo started; while true; do sleep 1; done")
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.set_state(run_id, Cancelling())
    await server.until_ended(run_id)
    assert server.last(run_id).type is StateType.CANCELLED


async def test_the_server_is_not_asked_while_nothing_runs(server, start_worker):
    start_worker(poll_interval_seconds=0.05, cancel_check_seconds=0.01)
    await server.until(lambda: server.calls["_claim"] >= 5)
    assert server.calls["_filter_runs"] <= 1


async def test_a_run_that_ended_before_it_heard_of_its_cancellation(server, start_worker, tmp_path):
    gate = tmp_path / "gate"
    run_id = server.add_run(f"echo started; while [ ! -e {gate} ]; do sleep 0.02; done")
    start_worker(cancel_check_seconds=100)
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.set_state(run_id, Cancelling())
    gate.touch()
    await server.until_ended(run_id)
    assert server.states(run_id)[-2:] == ["CANCELLING", "CANCELLED"]


async def test_a_run_cancelled_before_it_started(server, start_worker):
    run_id = server.add_run("echo never")
    deployment = server.runs[run_id].deployment_id

    def cancel_first(request):
        if str(deployment) in request.url.path and server.last(run_id).type is StateType.PENDING:
            server.set_state(run_id, Cancelling())

    server.refuse = cancel_first
    start_worker(cancel_check_seconds=100)
    await server.until_ended(run_id)
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "CANCELLING", "CANCELLED"]
    assert server.lines(run_id) == []


@pytest.mark.parametrize(
    "state",
    [
        Completed(),
        Failed(),
        Scheduled(),
        Pending(),
        Paused(state_details=StateDetails(pause_reschedule=True), name="Suspended"),
    ],
)
async def test_a_run_that_was_taken_away_is_stopped_without_a_word(server, start_worker, tmp_path, state):
    pid = tmp_path / "pid"
    run_id = server.add_run(f"echo $$ > {pid}; echo started; sleep 60")
    running = start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    deployment = server.deployments[server.runs[run_id].deployment_id]
    deployment.job_variables = {"command": "true"}
    server.set_state(run_id, state)
    running.worker.stopping.drain()
    assert await running.stopped() == 0
    assert not is_alive(pid)
    assert server.last(run_id).type is state.type


@pytest.mark.parametrize("state", [Paused(), Running()])
async def test_a_run_that_stays_ours_goes_on(server, start_worker, tmp_path, state):
    gate = tmp_path / "gate"
    run_id = server.add_run(f"echo started; while [ ! -e {gate} ]; do sleep 0.02; done")
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.set_state(run_id, state)
    seen = server.calls["_filter_runs"]
    await server.until(lambda: server.calls["_filter_runs"] >= seen + 3)
    gate.touch()
    await server.until_ended(run_id)
    assert server.states(run_id)[-1] == "COMPLETED"


async def test_a_deleted_run_is_stopped(server, start_worker, tmp_path):
    pid = tmp_path / "pid"
    run_id = server.add_run(f"echo $$ > {pid}; echo started; sleep 60")
    running = start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    del server.runs[run_id]
    running.worker.stopping.drain()
    assert await running.stopped() == 0
    assert not is_alive(pid)


async def test_news_that_is_older_than_our_own_word_is_no_news(server, start_worker, tmp_path):
    gate = tmp_path / "gate"
    run_id = server.add_run(f"echo started; while [ ! -e {gate} ]; do sleep 0.02; done")
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    stale = server.runs[run_id].model_copy(deep=True)
    stale.state = server.history[run_id][1]
    checks = []

    def answer_late(request):
        if request.url.path.endswith("/flow_runs/filter"):
            checks.append(request)
            return 200, [stale.model_dump(mode="json")]
        return None

    server.refuse = answer_late
    await server.until(lambda: len(checks) >= 3)
    gate.touch()
    await server.until_ended(run_id)
    assert server.states(run_id)[-1] == "COMPLETED"
