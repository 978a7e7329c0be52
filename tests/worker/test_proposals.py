"""What the server answers to RUNNING and to FAILED."""

import pytest

from penstock.core.states import StateType
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import Cancelled, Pending, Scheduled


@pytest.mark.parametrize("status", ["ABORT", "REJECT"])
async def test_a_refused_start_starts_nothing(server, start_worker, said, status):
    run_id = server.add_run("echo never")
    server.verdicts["RUNNING"] = [{"status": status, "reason": "Not now."}]
    running = start_worker()
    await server.until(lambda: not server.verdicts["RUNNING"])
    assert await running.stop() == 0
    assert server.states(run_id) == ["SCHEDULED", "PENDING"]
    assert server.lines(run_id) == []
    assert any("is not started: it is Pending. Not now." in line["event"] for line in said)


async def test_a_start_that_is_put_off_is_proposed_again(server, start_worker):
    run_id = server.add_run("echo now")
    server.verdicts["RUNNING"] = [
        {"status": "WAIT", "reason": "Early.", "delay_seconds": 0},
        {"status": "WAIT", "reason": "Early.", "delay_seconds": 1},
    ]
    start_worker()
    await server.until_ended(run_id)
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]
    assert server.calls["_set_state"] == 4


@pytest.mark.parametrize("state", [Cancelled(), Pending()])
async def test_a_run_that_changed_hands_while_it_waited_is_left_alone(server, start_worker, state):
    run_id = server.add_run("echo never")
    server.verdicts["RUNNING"] = [{"status": "WAIT", "reason": "Early.", "delay_seconds": 1}]
    running = start_worker()
    await server.until(lambda: not server.verdicts["RUNNING"])
    server.set_state(run_id, state)
    running.worker.stopping.drain()
    await running.stopped()
    assert server.last(run_id).type in {state.type, StateType.SCHEDULED}
    assert "RUNNING" not in server.states(run_id)


async def test_the_servers_retry_runs_in_the_same_slot(server, start_worker, tmp_path):
    counter = tmp_path / "tries"
    run_id = server.add_run(
        f"echo x >> {counter}; test $(wc -l < {counter}) -ge 3",
        policy=FlowRunPolicy(retries=2, retry_delay=0),
    )
    start_worker(limit=1)
    await server.until_ended(run_id)
    assert server.states(run_id) == [
        "SCHEDULED",
        "PENDING",
        *["RUNNING", "SCHEDULED"] * 2,
        "RUNNING",
        "COMPLETED",
    ]


async def test_retries_end(server, start_worker):
    run_id = server.add_run("exit 4", policy=FlowRunPolicy(retries=1, retry_delay=0))
    start_worker()
    await server.until_ended(run_id)
    assert server.states(run_id)[-3:] == ["SCHEDULED", "RUNNING", "FAILED"]
    assert server.last(run_id).message == "exit code 4"


async def test_the_wait_for_a_retry_goes_by_the_servers_clock(server, start_worker):
    run_id = server.add_run("exit 4", policy=FlowRunPolicy(retries=1, retry_delay=1))
    start_worker()
    await server.until_ended(run_id)
    awaiting, again = server.history[run_id][3:5]
    assert (again.timestamp - awaiting.timestamp).total_seconds() >= 0.9


async def test_a_retry_that_is_cancelled_is_not_made(server, start_worker):
    run_id = server.add_run("exit 4", policy=FlowRunPolicy(retries=1, retry_delay=60))
    running = start_worker()
    await server.until(lambda: server.last(run_id).name == "AwaitingRetry")
    server.set_state(run_id, Cancelled())
    running.worker.stopping.drain()
    assert await running.stopped() == 0
    assert server.states(run_id)[-1] == "CANCELLED"


async def test_a_late_retry_is_still_ours(server, start_worker):
    run_id = server.add_run("exit 4", policy=FlowRunPolicy(retries=1, retry_delay=1))
    start_worker()
    await server.until(lambda: server.last(run_id).name == "AwaitingRetry")
    server.set_state(run_id, Scheduled(name="Late"))
    await server.until_ended(run_id)
    assert server.states(run_id)[-2:] == ["RUNNING", "FAILED"]


async def test_draining_gives_a_retry_to_whoever_comes(server, start_worker):
    run_id = server.add_run("exit 4", policy=FlowRunPolicy(retries=1, retry_delay=60))
    running = start_worker()
    await server.until(lambda: server.last(run_id).name == "AwaitingRetry")
    assert await running.stop() == 0
    assert server.last(run_id).name == "AwaitingRetry"
    assert server.runs[run_id].empirical_policy.retry_type == "reschedule"
    assert server.runs[run_id].empirical_policy.retries == 1


async def test_a_retry_that_finds_no_slot_is_left_to_others(server, start_worker):
    run_id = server.add_run("exit 4", policy=FlowRunPolicy(retries=1, retry_delay=0))
    server.verdicts["RUNNING"] = []
    running = start_worker(limit=1)

    def fill_up(request):
        if server.last(run_id).name == "AwaitingRetry" and request.method == "GET":
            server.verdicts["RUNNING"] = [{"status": "REJECT", "reason": "All slots are in use."}]

    server.refuse = fill_up
    await server.until(lambda: server.runs[run_id].empirical_policy.retry_type == "reschedule")
    running.worker.stopping.drain()
    assert await running.stopped() == 0
