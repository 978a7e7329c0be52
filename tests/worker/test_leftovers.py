"""Jobs that outlived their worker are ended, and nothing else is."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from penstock.schemas.states import StateType
from penstock.worker.leftovers import end_leftovers
from tests.worker.conftest import StartWorker
from tests.worker.fake_server import FakeServer

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(99)"
)
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}])"

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")

Start = Callable[..., "asyncio.Future[asyncio.subprocess.Process]"]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start Python code in a session of its own, and return once it has said something."""
    started: list[asyncio.subprocess.Process] = []

    async def one(code: str, **environment: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            code,
            env=environment,
            start_new_session=True,
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        await process.stdout.readline()
        return process

    yield one
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.communicate()


async def test_a_job_that_ignores_sigterm_is_killed(start: Start) -> None:
    run_id = str(uuid4())
    process = await start(STUBBORN, PENSTOCK_FLOW_RUN_ID=run_id)

    assert await end_leftovers(process.pid, run_id, 0.1)

    assert await process.wait() == -9
    assert not await end_leftovers(process.pid, run_id, 0.1)


async def test_children_go_too_when_the_first_process_is_gone(start: Start) -> None:
    run_id = str(uuid4())
    process = await start(PARENT, PREFECT__FLOW_RUN_ID=run_id)
    # ``wait`` may wait for the end of the output, too, which the child keeps open
    while process.returncode is None:
        await asyncio.sleep(0.01)
    os.killpg(process.pid, 0)

    assert await end_leftovers(process.pid, run_id, 0.1)

    assert not await end_leftovers(process.pid, run_id, 0.1)


async def test_a_number_that_is_used_anew_is_not_touched(start: Start) -> None:
    process = await start(STUBBORN, PENSTOCK_FLOW_RUN_ID=str(uuid4()))

    assert not await end_leftovers(process.pid, str(uuid4()), 0.1)

    os.killpg(process.pid, 0)


async def test_a_worker_ends_what_the_server_hands_it(
    server: FakeServer, start_worker: StartWorker, start: Start
) -> None:
    run_id = str(uuid4())
    process = await start(STUBBORN, PENSTOCK_FLOW_RUN_ID=run_id)
    host = socket.gethostname()
    server.cleanup = [
        {"flow_run_id": run_id, "infrastructure_pid": f"{host}:{process.pid}"},
        {"flow_run_id": run_id, "infrastructure_pid": f"elsewhere:{process.pid}"},
    ]

    start_worker(cleanup_check_seconds=0.05, kill_grace_seconds=0.1)
    await server.until(lambda: len(server.settled) == 2)

    assert await process.wait() == -9
    assert sorted(one["outcome"] for one in server.settled) == ["done", "failed"]
    assert any(host in (one.get("detail") or "") for one in server.settled)


async def test_the_server_learns_where_a_job_is(server: FakeServer, start_worker: StartWorker) -> None:
    run_id = server.add_run("echo $$; exec sleep 30")
    start_worker()

    await server.until(lambda: server.runs[run_id].infrastructure_pid is not None and server.lines(run_id))

    assert server.runs[run_id].infrastructure_pid == f"{socket.gethostname()}:{server.lines(run_id)[0]}"
    assert server.last(run_id).type is StateType.RUNNING
