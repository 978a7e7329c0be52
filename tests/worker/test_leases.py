"""What a worker does with its leases: keeps them, loses them, is told to drain."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest

from penstock.core.states import StateType
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import Cancelling, Running, Scheduled

WAITS_FOR = "echo started; while [ ! -e {} ]; do sleep 0.02; done; echo finished"


def is_alive(pid_file: Path) -> bool:
    with suppress(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
        return True
    return False


def lapsed(said) -> list[str]:
    return [line["event"] for line in said if "no server answered" in line["event"]]


async def test_one_request_renews_all_runs_and_is_the_heartbeat(server, start_worker, tmp_path):
    gate = tmp_path / "gate"
    runs = [server.add_run(WAITS_FOR.format(gate)) for _ in range(3)]
    start_worker(heartbeat_interval_seconds=7)
    everything = dict.fromkeys(runs, 1)
    await server.until(lambda: everything in server.renewed)
    assert server.workers == {"w1": 7}
    gate.touch()
    await server.until_ended(*runs)
    await server.until(lambda: server.renewed[-1] == {})
    assert server.calls["_heartbeat"] == 1


async def test_more_runs_than_one_request_may_name(server, start_worker, tmp_path, monkeypatch):
    monkeypatch.setattr("penstock.worker.renewals.MOST_PER_REQUEST", 2)
    gate = tmp_path / "gate"
    runs = [server.add_run(WAITS_FOR.format(gate)) for _ in range(5)]
    start_worker()
    await server.until(lambda: set().union(*server.renewed[-3:]) == set(runs))
    assert max(map(len, server.renewed)) == 2
    gate.touch()
    await server.until_ended(*runs)
    assert {server.last(run_id).type for run_id in runs} == {StateType.COMPLETED}


async def test_a_run_that_is_given_away_is_stopped_and_not_reported(server, start_worker, said, tmp_path):
    pid = tmp_path / "pid"
    run_id = server.add_run(f"echo $$ > {pid}; echo started; sleep 60")
    running = start_worker(cancel_check_seconds=100)
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.give_to("w2", run_id)
    running.worker.stopping.drain()
    assert await running.stopped() == 0
    assert not is_alive(pid)
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "PENDING"]
    assert any(
        "is not ours any more: Attempt 1 of the run is over: attempt 2 is the last one." in line["event"]
        for line in said
    )


async def test_a_late_report_changes_nothing(server, start_worker, said, tmp_path):
    gate = tmp_path / "gate"
    run_id = server.add_run(WAITS_FOR.format(gate))
    running = start_worker(cancel_check_seconds=100)
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.renewal_seconds = 100
    seen = server.calls["_renew"]
    await server.until(lambda: server.calls["_renew"] > seen)
    server.give_to("w2", run_id)
    gate.touch()
    running.worker.stopping.drain()
    assert await running.stopped() == 0
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "PENDING"]
    assert any("is not ours any more: Attempt 1" in line["event"] for line in said)


async def test_a_cancellation_is_noticed_by_a_renewal_too(server, start_worker):
    run_id = server.add_run("echo started; sleep 60")
    start_worker(cancel_check_seconds=100)
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.set_state(run_id, Cancelling())
    await server.until_ended(run_id)
    assert server.states(run_id)[-2:] == ["CANCELLING", "CANCELLED"]


async def test_an_outage_shorter_than_the_lease_ends_nothing(server, start_worker, said, tmp_path):
    gate = tmp_path / "gate"
    run_id = server.add_run(WAITS_FOR.format(gate))
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.is_away = True
    await server.until(lambda: server.calls["while away"] >= 20)
    server.is_away = False
    seen = server.calls["_renew"]
    await server.until(lambda: server.calls["_renew"] > seen)
    gate.touch()
    await server.until_ended(run_id)
    assert server.states(run_id)[-1] == "COMPLETED"
    assert lapsed(said) == []


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "])
async def test_a_job_ends_before_its_run_is_given_away(server, start_worker, said, tmp_path, trap):
    pid = tmp_path / "pid"
    server.lease_seconds, server.grace_seconds = 0.6, 0.0 if trap else 5.0
    run_id = server.add_run(f"{trap}echo $$ > {pid}; echo started; while true; do sleep 0.1; done")
    start_worker(kill_grace_seconds=60)
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.is_away = True
    async with asyncio.timeout(20):
        while is_alive(pid):
            await asyncio.sleep(0.02)
    assert len(lapsed(said)) == 1
    server.is_away = False
    seen = server.calls["_renew"]
    await server.until(lambda: server.calls["_renew"] > seen + 3)
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING"]


async def test_a_server_without_its_database_ends_nothing(server, start_worker, said, tmp_path):
    gate = tmp_path / "gate"
    server.lease_seconds = 0.3
    run_id = server.add_run(WAITS_FOR.format(gate))
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    refused = []

    def busy(request):
        refused.append(request)
        return 503, {"exception_message": "The database is busy or does not answer; try again shortly."}

    server.refuse = busy
    loop = asyncio.get_running_loop()
    away_until = loop.time() + 1.0
    await server.until(lambda: loop.time() > away_until)
    server.refuse = lambda _: None
    gate.touch()
    await server.until_ended(run_id)
    assert server.states(run_id)[-1] == "COMPLETED"
    assert refused
    assert lapsed(said) == []


async def test_the_server_drains_a_worker(server, start_worker, said, tmp_path):
    gate = tmp_path / "gate"
    run_id = server.add_run(WAITS_FOR.format(gate))
    start_worker(limit=2)
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.is_draining = True
    await server.until(lambda: any("the server drains this worker" in line["event"] for line in said))
    claims, renewals = server.calls["_claim"], server.calls["_renew"]
    later = server.add_run("true")
    await server.until(lambda: server.calls["_renew"] >= renewals + 5)
    assert server.calls["_claim"] == claims
    gate.touch()
    await server.until_ended(run_id)
    server.is_draining = False
    await server.until_ended(later)
    words = [line["event"] for line in said if "drain" in line["event"]]
    assert len(words) == 2
    assert words[1].endswith("it claims runs again")


async def test_nothing_is_claimed_before_the_server_has_said_its_terms(server, start_worker):
    server.is_draining = True
    run_id = server.add_run("true")
    start_worker()
    await server.until(lambda: server.calls["_renew"] >= 3)
    assert server.calls["_claim"] == 0
    server.is_draining = False
    await server.until_ended(run_id)


async def test_what_was_claimed_before_a_restart_is_handed_back(server, start_worker):
    run_id = server.add_run("echo again")
    server.give_to("w1", run_id)
    start_worker()
    await server.until_ended(run_id)
    assert server.states(run_id)[1:] == ["PENDING", "SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]


async def test_what_a_worker_of_the_same_name_renews_is_left_alone(server, start_worker):
    theirs = server.add_run("true")
    server.give_to("w1", theirs)
    other = {
        "worker_name": "w1",
        "attempts": [{"flow_run_id": str(theirs), "attempt": 1}],
        "heartbeat_interval_seconds": 1,
    }
    server.refuse = lambda request: server._renew(other) and None
    start_worker()
    await server.until(lambda: server.calls["_renew"] >= 20)
    assert server.states(theirs) == ["SCHEDULED", "PENDING"]


@pytest.mark.parametrize("holder", ["w1", "w10"])
async def test_running_runs_and_those_of_others_are_left_to_their_leases(server, start_worker, holder):
    theirs = server.add_run("true")
    server.give_to(holder, theirs)
    if holder == "w1":
        server.set_state(theirs, Running())
    before = server.states(theirs)
    start_worker()
    await server.until(lambda: server.calls["_renew"] >= 20)
    assert server.states(theirs) == before


async def test_a_retry_of_an_attempt_that_is_over_is_not_given_to_others(server, start_worker):
    run_id = server.add_run("exit 4", policy=FlowRunPolicy(retries=1, retry_delay=60))
    running = start_worker(cancel_check_seconds=100)
    await server.until(lambda: server.last(run_id).name == "AwaitingRetry")
    server.renewal_seconds = 100
    seen = server.calls["_renew"]
    await server.until(lambda: server.calls["_renew"] > seen)
    server.set_state(run_id, Scheduled())
    server.give_to("w2", run_id)
    assert await running.stop() == 0
    assert server.runs[run_id].empirical_policy.retry_type == "in_process"
    assert server.states(run_id)[-1] == "PENDING"
