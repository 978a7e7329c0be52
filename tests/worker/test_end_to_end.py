"""A real server on SQLite, real workers, real jobs, each in processes of their own."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from penstock.client import NotFound, PenstockClient
from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.actions import (
    DeploymentCreate,
    DeploymentFlowRunCreate,
    FlowCreate,
    StateCreate,
    WorkPoolCreate,
)
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.filters import LogFilter, LogFilterFlowRunId
from penstock.schemas.job_templates import default_base_job_template
from penstock.schemas.responses import FlowRunResponse

PENSTOCK = Path(sys.executable).parent / "penstock"
QUICK = {
    "PENSTOCK_WORKER_POLL_INTERVAL_SECONDS": "0.1",
    "PENSTOCK_WORKER_CANCEL_CHECK_SECONDS": "0.2",
    "PENSTOCK_WORKER_LOG_BATCH_SECONDS": "0.1",
    "PENSTOCK_WORKER_KILL_GRACE_SECONDS": "1",
}

pytestmark = pytest.mark.timeout(180)


async def until(condition: Callable[[], Awaitable[bool]], timeout_seconds: float = 90) -> None:
    async with asyncio.timeout(timeout_seconds):
        while not await condition():
            await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Site:
    """A server with one pool, and the processes around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.pool = "main"
        self.client = PenstockClient(f"http://127.0.0.1:{self.port}/api")
        self.server: asyncio.subprocess.Process | None = None
        self.processes: list[asyncio.subprocess.Process] = []

    async def start_server(self) -> None:
        self.server = await self._start("server", "start", "--port", str(self.port))
        await until(self.client.health)

    async def start_worker(self, *arguments: str, name: str = "w1") -> asyncio.subprocess.Process:
        process = await self._start("worker", "start", "--pool", self.pool, "--name", name, *arguments)
        await until(lambda: self.is_known(name))
        return process

    async def is_known(self, worker: str) -> bool:
        return worker in {each.name for each in await self.client.read_workers(self.pool)}

    async def create_pool(self, **changes: object) -> None:
        template = default_base_job_template("process")
        pool = WorkPoolCreate(name=self.pool, type="process", base_job_template=template, **changes)
        await self.client.create_work_pool(pool)

    async def deploy(self, command: str | None = None, **fields: object) -> UUID:
        flow = await self.client.create_flow(FlowCreate(name="flow"))
        variables = {"command": command} if command else {}
        deployment = DeploymentCreate(
            name=uuid4().hex,
            flow_id=flow.id,
            work_pool_name=self.pool,
            path=str(self.folder),
            job_variables=variables,
            enforce_parameter_schema=False,
            **fields,
        )
        return (await self.client.create_deployment(deployment)).id

    async def submit(self, deployment_id: UUID, **fields: object) -> UUID:
        request = DeploymentFlowRunCreate(**fields)
        return (await self.client.create_flow_run_from_deployment(deployment_id, request)).id

    async def ended(self, *run_ids: UUID) -> list[FlowRunResponse]:
        async def all_ended() -> bool:
            return all([await self._state(run_id) in TERMINAL_STATES for run_id in run_ids])

        await until(all_ended)
        return [await self.client.read_flow_run(run_id) for run_id in run_ids]

    async def until_state(self, run_id: UUID, state: StateType) -> None:
        async def is_there() -> bool:
            return await self._state(run_id) is state

        await until(is_there)

    async def until_line(self, run_id: UUID, line: str) -> None:
        async def is_logged() -> bool:
            return line in await self.lines(run_id)

        await until(is_logged)

    async def states(self, run_id: UUID) -> list[str]:
        return [state.type.value for state in await self.client.read_flow_run_states(run_id)]

    async def lines(self, run_id: UUID) -> list[str]:
        of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
        lines: list[str] = []
        while page := await self.client.read_logs(of_run, offset=len(lines)):
            lines += [line.message for line in page]
        return lines

    async def close(self) -> None:
        await self.client.close()
        for process in reversed(self.processes):
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _state(self, run_id: UUID) -> StateType | None:
        return (await self.client.read_flow_run(run_id)).state_type

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                PENSTOCK,
                *arguments,
                env={
                    "PATH": os.environ["PATH"],
                    "PENSTOCK_HOME": str(self.folder / "home"),
                    "PENSTOCK_API_URL": self.client.api_url,
                    **QUICK,
                },
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process


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
    assert "draining" in (site.folder / "worker.log").read_text()


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
    log = (site.folder / "worker.log").read_text()
    assert log.count("does not answer") == 1
    assert "the server answers again" in log


async def test_a_future_run_waits_and_a_pool_can_be_missing(site: Site):
    process = await site._start("worker", "start", "--pool", "absent")
    assert await asyncio.wait_for(process.wait(), timeout=60) == 1
    assert "penstock pool create absent" in (site.folder / "worker.log").read_text()
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
