"""How many runs a worker takes, and when."""

import pytest

from penstock.worker import Worker


async def test_only_free_slots_are_claimed(server, start_worker, tmp_path):
    gate = tmp_path / "gate"
    runs = [server.add_run(f"while [ ! -e {gate} ]; do sleep 0.02; done") for _ in range(5)]
    start_worker(limit=2)
    await server.until(lambda: sum(server.states(run)[-1] == "RUNNING" for run in runs) == 2)
    assert server.claim_limits == [2]
    gate.touch()
    await server.until_ended(*runs)
    assert max(server.claim_limits) <= 2


async def test_a_full_worker_does_not_ask(server, start_worker, tmp_path):
    gate = tmp_path / "gate"
    run_id = server.add_run(f"echo up; while [ ! -e {gate} ]; do sleep 0.02; done")
    start_worker(limit=1, poll_interval_seconds=0.01)
    await server.until(lambda: server.lines(run_id) == ["up"])
    seen = server.calls["_filter_runs"]
    await server.until(lambda: server.calls["_filter_runs"] >= seen + 3)
    assert server.calls["_claim"] == 1
    gate.touch()
    await server.until_ended(run_id)


async def test_an_end_is_followed_by_a_claim_at_once(server, start_worker):
    runs = [server.add_run("true") for _ in range(6)]
    start_worker(limit=1, poll_interval_seconds=60)
    await server.until_ended(*runs)


async def test_a_claim_that_gave_something_is_followed_by_another(server, start_worker):
    runs = [server.add_run("true") for _ in range(35)]
    start_worker(poll_interval_seconds=60)
    await server.until_ended(*runs)
    assert set(server.claim_limits) == {10}


async def test_queues_are_passed_on(server, start_worker):
    seen = []
    server.refuse = lambda request: (
        seen.append(request.content)
        if request.url.path.endswith("/claim") and "/cleanup/" not in request.url.path
        else None
    )
    start_worker(queues=["default"])
    await server.until(lambda: bool(seen))
    assert b'"work_queue_names": ["default"]' in seen[0]


def test_a_limit_has_to_leave_room(client):
    with pytest.raises(ValueError, match="at least 1"):
        Worker(client, pool="main", limit=0)


def test_a_worker_without_a_name_gets_one(client):
    first, second = (Worker(client, pool="main") for _ in range(2))
    assert first.name != second.name


async def test_one_batch_reads_the_pool_and_each_deployment_once(server, start_worker):
    runs = [server.add_run("true") for _ in range(4)]
    shared = server.runs[runs[0]].deployment_id
    for run_id in runs:
        server.runs[run_id].deployment_id = shared
    start_worker()
    await server.until_ended(*runs)
    assert server.calls["_read_deployment"] == 1
    assert server.calls["_read_pool"] == 1


async def test_a_missing_pool(server, start_worker, said):
    running = start_worker(pool="nowhere at all")
    assert await running.stopped() == 1
    assert [line["event"] for line in said if line["log_level"] == "error"] == [
        "There is no work pool 'nowhere at all'. Create it with: penstock pool create 'nowhere at all'"
    ]


async def test_a_missing_queue(server, start_worker, said):
    running = start_worker(queues=["default", "absent"])
    assert await running.stopped() == 1
    assert [line["event"] for line in said if line["log_level"] == "error"] == [
        "Work pool 'main' has no queue 'absent'. Create it with: penstock queue create absent --pool main"
    ]
    assert server.workers == {}


async def test_the_first_heartbeat_comes_before_the_first_claim(server, start_worker):
    start_worker()
    await server.until(lambda: server.calls["_claim"] >= 1)
    assert next(iter(server.calls)) == "_heartbeat"
