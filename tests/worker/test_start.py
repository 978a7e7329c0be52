"""The worker as a process: signals, and what it says."""

import asyncio
import os
import signal
import threading

import pytest
import structlog

from penstock.settings import WorkerSettings
from penstock.worker import Worker, run_worker
from penstock.worker.console import console

NOWHERE = "http://127.0.0.1:9/api"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_without_a_server_it_waits_and_can_be_stopped(capsys, number):
    worker = asyncio.create_task(run_worker(api_url=NOWHERE, pool="p", settings=WorkerSettings()))
    said = ""
    async with asyncio.timeout(30):
        while "does not answer" not in said:
            await asyncio.sleep(0.02)
            said += capsys.readouterr().err
    os.kill(os.getpid(), number)
    assert await asyncio.wait_for(worker, timeout=10) == 0
    assert "draining" in capsys.readouterr().err


async def test_it_says_what_goes_wrong_inside(server, start_worker, capsys):
    class Broken:
        async def start(self, plan, output):
            raise RuntimeError("not today")

    run_id = server.add_run("true")
    with console():
        running = start_worker()
        running.worker._runner = Broken()
        await server.until_ended(run_id)
        assert await running.stop() == 0
    assert server.last(run_id).type.value == "CRASHED"
    assert server.last(run_id).message == "The worker failed: RuntimeError: not today"
    said = capsys.readouterr().err
    assert f"error: run {server.runs[run_id].name} was hit by an error of the worker itself" in said
    assert "RuntimeError: not today" in said


async def test_a_missing_pool_can_be_created(server, start_worker):
    made = []

    def create(request):
        if request.url.path == "/api/work_pools/":
            made.append(request)
            server.pool.name = "fresh"
            return 201, server.pool.model_dump(mode="json")
        return None

    server.refuse = create
    running = start_worker(pool="fresh", create_pool=True)
    await server.until(lambda: server.calls["_claim"] >= 1)
    assert len(made) == 1
    assert await running.stop() == 0


async def test_it_says_when_it_is_ready(server, client):
    ready = asyncio.Event()
    worker = Worker(client, pool="main", on_ready=ready.set)
    task = asyncio.create_task(worker.run())
    await asyncio.wait_for(ready.wait(), timeout=10)
    worker.request_stop()
    assert await task == 0


@pytest.mark.parametrize("part", ["/heartbeat", "/queues/default"])
async def test_a_refused_worker_ends(server, start_worker, said, part):
    server.refuse = lambda request: (
        (422, {"detail": "No such thing."}) if request.url.path.endswith(part) else None
    )
    running = start_worker(queues=["default"])
    assert await running.stopped() == 1
    assert any("No such thing." in line["event"] for line in said if line["log_level"] == "error")


async def test_a_stop_while_the_queues_are_looked_up(server, start_worker):
    running = start_worker(queues=["default"])

    def stop(request):
        if "/queues/" in request.url.path:
            server.is_away = True
            running.worker.request_stop()

    server.refuse = stop
    assert await running.stopped() == 0


async def test_renewals_that_fail_are_followed_by_others(server, start_worker, said):
    start_worker()
    await server.until(lambda: server.calls["_renew"] >= 1)
    failed = []

    def fail(request):
        if request.url.path.endswith("/renew") and len(failed) < 3:
            failed.append(request)
            return (503, {"detail": "busy"}) if len(failed) < 3 else (404, {"detail": "gone"})
        return None

    server.refuse = fail
    await server.until(lambda: server.calls["_renew"] >= 3)
    assert len(failed) == 3
    assert any("leases are not renewed: gone" in line["event"] for line in said)


async def test_a_part_that_breaks_is_started_again(server, start_worker, said, monkeypatch):
    monkeypatch.setattr("penstock.worker.worker._RESTART_SECONDS", 0.01)
    failures = iter([RuntimeError("broken")])
    claim = Worker._submit

    def submit(self, claimed, asked_at):
        for failure in failures:
            raise failure
        claim(self, claimed, asked_at)

    monkeypatch.setattr(Worker, "_submit", submit)
    start_worker()
    await server.until(lambda: server.calls["_claim"] >= 3)
    assert any("a part of the worker failed" in line["event"] for line in said)


async def test_cancelling_the_worker_kills_its_jobs(server, start_worker, tmp_path):
    pid = tmp_path / "pid"
    run_id = server.add_run(f"echo $$ > {pid}; echo up; sleep 60")
    running = start_worker()
    await server.until(lambda: server.lines(run_id) == ["up"])
    running.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running.task
    for _ in range(100):
        await asyncio.sleep(0.02)
        try:
            os.kill(int(pid.read_text()), 0)
        except ProcessLookupError:
            return
    raise AssertionError("The job is still there.")


async def test_a_run_that_comes_back_while_it_is_here_waits_for_its_former_self(
    server, start_worker, tmp_path
):
    trace = tmp_path / "trace"
    run_id = server.add_run(
        f"trap 'sleep 0.2; echo end >> {trace}; exit 0' TERM; echo start >> {trace}; echo up; sleep 60 & wait"
    )
    start_worker(kill_grace_seconds=5)
    await server.until(lambda: server.lines(run_id) == ["up"])
    deployment = server.deployments[server.runs[run_id].deployment_id]
    deployment.job_variables = {"command": f"echo again >> {trace}"}
    server.set_state(run_id, server.history[run_id][0].model_copy())
    await server.until_ended(run_id)
    assert trace.read_text().split() == ["start", "end", "again"]
    assert server.states(run_id)[-3:] == ["PENDING", "RUNNING", "COMPLETED"]


class Stream:
    """Standard error with somebody, or nobody, at the other end."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.is_read = threading.Event()
        self.lines: list[str] = []

    def write(self, text: str) -> None:
        self.is_read.wait(20)
        if self.failure is not None:
            raise self.failure
        self.lines.append(text)

    def flush(self) -> None:
        pass


def test_a_reader_who_stopped_reading_does_not_stop_the_worker(monkeypatch):
    stream = Stream()
    monkeypatch.setattr("penstock.worker.console._LAST_LINES_SECONDS", 0.1)
    monkeypatch.setattr("penstock.worker.console._MOST_LINES_WAITING", 100)
    monkeypatch.setattr("sys.stderr", stream)
    with console():
        log = structlog.get_logger()
        for _ in range(1000):
            log.info("a line that nobody reads")
    stream.is_read.set()


@pytest.mark.parametrize("failure", [BrokenPipeError(), ValueError("I/O operation on closed file.")])
def test_a_reader_who_went_away_does_not_stop_the_worker(monkeypatch, failure):
    stream = Stream(failure)
    stream.is_read.set()
    monkeypatch.setattr("sys.stderr", stream)
    with console():
        structlog.get_logger().info("into the void")
        stream.failure = None
    assert len(stream.lines) <= 1
