"""Draining, and stopping at once."""

import asyncio
import os
from contextlib import suppress

from penstock.core.states import StateType

WAITS_FOR = "echo started; while [ ! -e {} ]; do sleep 0.02; done; echo finished"


async def test_an_idle_worker_leaves(server, start_worker):
    running = start_worker()
    await server.until(lambda: server.calls["_claim"] >= 2)
    assert server.workers == {"w1": 10}
    assert await running.stop() == 0
    assert server.workers == {}


async def test_draining_takes_nothing_new_and_lets_jobs_finish(server, start_worker, tmp_path):
    gate = tmp_path / "gate"
    run_id = server.add_run(WAITS_FOR.format(gate))
    running = start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    running.worker.request_stop()
    later = server.add_run("echo later")
    renewals = server.calls["_renew"]
    seen = server.calls["_filter_runs"]
    await server.until(lambda: server.calls["_filter_runs"] >= seen + 5)
    gate.touch()
    assert await running.stopped() == 0
    assert server.states(run_id)[-1] == "COMPLETED"
    assert server.lines(run_id) == ["started", "finished"]
    assert server.states(later) == ["SCHEDULED"]
    assert server.calls["_renew"] >= renewals


async def test_renewals_go_on_while_draining(server, start_worker, tmp_path):
    gate = tmp_path / "gate"
    run_id = server.add_run(WAITS_FOR.format(gate))
    running = start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    running.worker.request_stop()
    seen = len(server.renewed)
    await server.until(lambda: {run_id: 1} in server.renewed[seen:])
    gate.touch()
    assert await running.stopped() == 0


async def test_after_the_deadline_jobs_are_stopped(server, start_worker):
    run_id = server.add_run("echo started; sleep 60")
    running = start_worker(drain_timeout_seconds=0.2)
    await server.until(lambda: server.lines(run_id) == ["started"])
    assert await running.stop() == 1
    assert server.last(run_id).type is StateType.CRASHED
    assert server.last(run_id).message == "The worker was stopped before the run ended, and its job with it."


async def test_a_second_request_stops_at_once(server, start_worker, tmp_path):
    pid = tmp_path / "pid"
    polite = server.add_run(f"echo $$ > {pid}; echo started; sleep 60")
    deaf = server.add_run("trap '' TERM; echo started; while true; do sleep 1; done")
    running = start_worker()
    await server.until(lambda: server.lines(polite) == server.lines(deaf) == ["started"])
    running.worker.request_stop()
    running.worker.request_stop()
    running.worker.request_stop()
    assert await running.stopped() == 1
    assert server.states(polite)[-1] == server.states(deaf)[-1] == "CRASHED"
    with suppress(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
        raise AssertionError("The job is still there.")


async def test_what_was_claimed_and_not_started_is_handed_back_in_its_place(server, start_worker):
    run_id = server.add_run("echo never")
    due = server.last(run_id).state_details.scheduled_time
    running = start_worker()

    def stop_between(request):
        if "/deployments/" in request.url.path:
            running.worker.stopping.drain()

    server.refuse = stop_between
    assert await running.stopped() == 0
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "SCHEDULED"]
    assert server.last(run_id).state_details.scheduled_time == due
    assert server.last(run_id).message == "Handed back by worker 'w1'."
    other = start_worker(name="w2")
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["never"]
    await other.stop()


async def test_a_claim_that_is_answered_after_the_stop_is_handed_back(server, start_worker):
    run_id = server.add_run("echo never")
    running = start_worker()

    def stop_during_claim(request):
        if request.url.path.endswith("/claim") and "/cleanup/" not in request.url.path:
            running.worker.stopping.drain()

    server.refuse = stop_during_claim
    assert await running.stopped() == 0
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "SCHEDULED"]


async def test_a_silent_server_does_not_keep_a_stopping_worker(server, start_worker, monkeypatch):
    monkeypatch.setattr("penstock.worker.stopping.LAST_WORDS_SECONDS", 0.2)
    run_id = server.add_run("echo started; sleep 60")
    running = start_worker(kill_grace_seconds=0.2)
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.is_away = True
    running.worker.request_stop()
    running.worker.request_stop()
    assert await running.stopped() == 1


async def test_stopping_before_the_server_ever_answered(server, start_worker):
    server.is_away = True
    running = start_worker()
    await server.until(lambda: server.calls["while away"] >= 2)
    assert await running.stop() == 0


async def test_the_worker_ends_at_once_when_nothing_runs(server, start_worker):
    running = start_worker(poll_interval_seconds=30)
    await server.until(lambda: server.calls["_claim"] >= 1)
    async with asyncio.timeout(5):
        assert await running.stop() == 0
