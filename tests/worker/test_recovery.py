"""Workers that are killed, paused or cut off: their runs are done by others, and never by two at once."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from penstock.core.states import StateType
from tests.worker.site import Site, until

LEASE_SECONDS, GRACE_SECONDS = 3.0, 2.0
SHORT_LEASES = {
    "PENSTOCK_CLAIM_LEASE_SECONDS": str(LEASE_SECONDS),
    "PENSTOCK_CLAIM_GRACE_SECONDS": str(GRACE_SECONDS),
    "PENSTOCK_CLAIM_RENEWAL_SECONDS": "0.5",
    "PENSTOCK_ATTEMPT_LOOP_SECONDS": "0.2",
}

pytestmark = pytest.mark.timeout(180)


class Wire:
    """A way to the server that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_cut = False
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> str:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/api"

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.close()

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, back]
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
        sink.close()


class Trace:
    """A job that writes down when its attempts begin and end, and ends when its gate is opened."""

    def __init__(self, folder: Path) -> None:
        self._file, self._gate = folder / "trace", folder / "gate"
        self.command = (
            f"trap 'echo stopped >> {self._file}; exit 0' TERM; echo $$ >> {self._file};"
            f" while [ ! -e {self._gate} ]; do sleep 0.05; done; echo done >> {self._file}"
        )

    @property
    def words(self) -> list[str]:
        """Process ids stand as ``start``."""
        return ["start" if word.isdigit() else word for word in self._words()]

    @property
    def pids(self) -> list[int]:
        return [int(word) for word in self._words() if word.isdigit()]

    def open_gate(self) -> None:
        self._gate.touch()

    async def until_started(self, times: int) -> None:
        async def is_started() -> bool:
            return len(self.pids) >= times

        await until(is_started)

    async def until_dead(self, pid: int) -> None:
        async def is_dead() -> bool:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
            return False

        await until(is_dead)

    def _words(self) -> list[str]:
        return self._file.read_text().split() if self._file.exists() else []


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path, SHORT_LEASES)
    await site.start_server()
    await site.create_pool()
    yield site
    await site.close()


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path)


async def submit(site: Site, trace: Trace) -> UUID:
    return await site.submit(await site.deploy(trace.command, infra_retry_delay_seconds=0))


async def done_by(site: Site, run_id: UUID, worker: str, attempt: int) -> None:
    [run] = await site.ended(run_id)
    assert (run.state_type, run.worker_name, run.attempt) == (StateType.COMPLETED, worker, attempt)


async def test_renewals_keep_a_run_beyond_its_lease(site: Site, trace: Trace):
    await site.start_worker(name="w1")
    await site.start_worker(name="w2")
    run_id = await submit(site, trace)
    await trace.until_started(1)
    claimed = await site.client.read_flow_run(run_id)

    async def has_lasted() -> bool:
        run = await site.client.read_flow_run(run_id)
        return run.lease_expires_at > claimed.lease_expires_at + timedelta(
            seconds=LEASE_SECONDS + GRACE_SECONDS
        )

    await until(has_lasted)
    trace.open_gate()
    await done_by(site, run_id, claimed.worker_name, 1)
    assert trace.words == ["start", "done"]


async def test_the_run_of_a_killed_worker_is_done_by_another(site: Site, trace: Trace):
    worker = await site.start_worker(name="w1")
    run_id = await submit(site, trace)
    await trace.until_started(1)
    worker.kill()
    await trace.until_dead(trace.pids[0])
    await site.start_worker(name="w2")
    await trace.until_started(2)
    trace.open_gate()
    await done_by(site, run_id, "w2", 2)
    assert trace.words.count("done") == 1
    assert await site.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING"] * 2 + ["COMPLETED"]


@pytest.mark.parametrize("is_done_meanwhile", [False, True])
async def test_what_a_paused_worker_comes_back_with_changes_nothing(
    site: Site, trace: Trace, is_done_meanwhile: bool
):
    lapsed = "is let go: no server answered"  # a renewal was on its way when the worker was paused
    worker = await site.start_worker(name="w1")
    run_id = await submit(site, trace)
    await trace.until_started(1)
    worker.send_signal(signal.SIGSTOP)
    if is_done_meanwhile:
        os.kill(trace.pids[0], signal.SIGTERM)
    await site.start_worker(name="w2")
    await trace.until_started(2)
    worker.send_signal(signal.SIGCONT)
    await trace.until_dead(trace.pids[0])

    async def knows() -> bool:
        log = site.log_of("w1")
        return "is not ours any more: Attempt 1 of the run is over" in log or lapsed in log

    await until(knows)
    trace.open_gate()
    await done_by(site, run_id, "w2", 2)
    assert await site.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING"] * 2 + ["COMPLETED"]
    after = await site.submit(await site.deploy("echo after"))
    await site.ended(after)


async def test_a_worker_that_is_cut_off_has_ended_its_job_before_another_starts_it(site: Site, trace: Trace):
    wire = Wire(site.port)
    await site.start_worker(name="w1", api_url=await wire.open())
    run_id = await submit(site, trace)
    await trace.until_started(1)
    wire.cut()
    await site.start_worker(name="w2")
    await trace.until_started(2)
    assert trace.words == ["start", "stopped", "start"]
    assert "no server answered for 3 s" in site.log_of("w1")
    wire.mend()

    async def is_back() -> bool:
        return "the server answers again" in site.log_of("w1")

    await until(is_back)
    trace.open_gate()
    await done_by(site, run_id, "w2", 2)
    wire.close()
