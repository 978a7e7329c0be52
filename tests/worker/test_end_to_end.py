"""A real server on SQLite, real workers, real jobs, each in processes of their own."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from penstock.client import NotFound
from penstock.core.states import StateType
from penstock.schemas.actions import StateCreate
from penstock.schemas.core import FlowRunPolicy
from tests.worker.site import Site, until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path)
    await site.start_server()
    yield site
    await site.close()


async def test_jobs_of_every_kind(site: Site):
    (site.folder / "job.py").write_text(
        "import logging\n"
        "def main(word: str, times: int = 2):\n"
        "    logging.getLogger('job').info('begin')\n"
        "    print(word * times)\n"
        "def broken():\n"
        "    raise ValueError('on purpose')\n"
    )
    await site.create_pool()
    await site.start_worker()
    command = await site.submit(
        await site.deploy('echo "$PENSTOCK_PARAM_WORD in $PWD"'), parameters={"word": "hi"}
    )
    function = await site.submit(await site.deploy(entrypoint="job.py:main"), parameters={"word": "ab"})
    broken = await site.submit(await site.deploy(entrypoint="job.py:broken"))
    failing = await site.submit(await site.deploy("echo last words >&2; exit 4"))
    killed = await site.submit(await site.deploy("kill -9 $$"))
    runs = await site.ended(command, function, broken, failing, killed)
    assert [run.state_name for run in runs] == ["Completed", "Completed", "Failed", "Failed", "Crashed"]
    assert await site.lines(command) == [f"hi in {site.folder}"]
    assert sorted(await site.lines(function)) == ["INFO job: begin", "abab"]
    assert runs[2].state.message.endswith("ValueError: on purpose")
    assert runs[3].state.message == "exit code 4\nlast words"
    assert await site.states(command) == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]


async def test_cancelling(site: Site):
    await site.create_pool()
    await site.start_worker()
    run_id = await site.submit(await site.deploy("echo up; sleep 100"))
    await site.until_line(run_id, "up")
    await site.client.set_flow_run_state(run_id, StateCreate(type=StateType.CANCELLING))
    await site.ended(run_id)
    assert await site.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "CANCELLED"]


async def test_two_workers_execute_each_run_once_within_the_limit(site: Site):
    await site.create_pool(concurrency_limit=3)
    for name in ("w1", "w2"):
        await site.start_worker("--limit", "4", name=name)
    trace = site.folder / "trace"
    deployment = await site.deploy(
        f"echo start $PENSTOCK_FLOW_RUN_ID >> {trace}; sleep 0.05; echo end $PENSTOCK_FLOW_RUN_ID >> {trace}"
    )
    runs = [await site.submit(deployment) for _ in range(40)]
    ended = await site.ended(*runs)
    assert {run.state_name for run in ended} == {"Completed"}
    running, most = 0, 0
    for line in trace.read_text().splitlines():
        running += 1 if line.startswith("start") else -1
        most = max(most, running)
    assert most <= 3
    starts = [line.split()[1] for line in trace.read_text().splitlines() if line.startswith("start")]
    assert sorted(starts) == sorted(str(run_id) for run_id in runs)


async def test_the_servers_retries(site: Site):
    await site.create_pool()
    await site.start_worker()
    counter = site.folder / "tries"
    deployment = await site.deploy(f"echo x >> {counter}; test $(wc -l < {counter}) -ge 3")
    run_id = await site.submit(deployment, empirical_policy=FlowRunPolicy(retries=3, retry_delay=0))
    [run] = await site.ended(run_id)
    assert (run.state_name, run.run_count) == ("Completed", 3)


async def test_sigterm_drains(site: Site):
    await site.create_pool()
    worker = await site.start_worker("--limit", "1")
    gate = site.folder / "gate"
    run_id = await site.submit(await site.deploy(f"echo up; while [ ! -e {gate} ]; do sleep 0.05; done"))
    later = await site.submit(await site.deploy("echo later"))
    await site.until_line(run_id, "up")
    worker.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.5)
    gate.touch()
    assert await asyncio.wait_for(worker.wait(), timeout=60) == 0
    assert await site.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]
    assert await site.states(later) == ["SCHEDULED"]
    assert not await site.is_known("w1")
    assert "draining" in site.log_of("w1")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_stops_at_once(site: Site, number: signal.Signals):
    await site.create_pool()
    worker = await site.start_worker()
    pid = site.folder / "pid"
    run_id = await site.submit(await site.deploy(f"echo $$ > {pid}; echo up; sleep 100"))
    await site.until_line(run_id, "up")
    worker.send_signal(number)
    await asyncio.sleep(0.3)
    worker.send_signal(number)
    assert await asyncio.wait_for(worker.wait(), timeout=60) == 1
    [run] = await site.ended(run_id)
    assert run.state_name == "Crashed"
    assert "The worker was stopped" in run.state.message
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


async def test_nothing_is_lost_when_the_server_is_killed_and_started_again(site: Site):
    await site.create_pool()
    await site.start_worker()
    gate, done = site.folder / "gate", site.folder / "done"
    run_id = await site.submit(
        await site.deploy(f"echo up; while [ ! -e {gate} ]; do sleep 0.05; done; seq 1 50; touch {done}")
    )
    waiting = await site.submit(await site.deploy("echo next"))
    await site.until_line(run_id, "up")
    await site.ended(waiting)
    assert site.server is not None
    site.server.kill()
    await site.server.wait()
    gate.touch()

    async def is_done() -> bool:
        return done.exists()

    await until(is_done)
    await asyncio.sleep(0.5)
    await site.start_server()
    await site.ended(run_id)
    assert await site.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]
    assert await site.lines(run_id) == ["up", *map(str, range(1, 51))]
    after = await site.submit(await site.deploy("echo after"))
    await site.ended(after)
    log = site.log_of("w1")
    assert log.count("does not answer") == 1
    assert "the server answers again" in log


async def test_a_future_run_waits_and_a_pool_can_be_missing(site: Site):
    process = await site.start("worker", "start", "--pool", "absent")
    assert await asyncio.wait_for(process.wait(), timeout=60) == 1
    assert "penstock pool create absent" in site.log_of("worker")
    with pytest.raises(NotFound):
        await site.client.read_workers("absent")
    await site.create_pool()
    await site.start_worker()
    deployment = await site.deploy("echo due")
    future = json.loads('{"scheduled_time": "2099-01-01T00:00:00Z"}')
    state = StateCreate(type=StateType.SCHEDULED, state_details=future)
    later = await site.submit(deployment, state=state)
    now = await site.submit(deployment)
    await site.ended(now)
    assert await site.states(later) == ["SCHEDULED"]
