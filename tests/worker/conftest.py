"""A worker against a fake server, with real processes."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import structlog
from structlog.typing import EventDict

from penstock.client import PenstockClient, RetryPolicy
from penstock.settings import WorkerSettings
from penstock.worker import Worker
from tests.worker.fake_server import FakeServer

StartWorker = Callable[..., "RunningWorker"]


class RunningWorker:
    """A worker at work, and the task it works in."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.task = asyncio.create_task(worker.run())

    async def stopped(self) -> int:
        """Wait for its exit code."""
        return await asyncio.wait_for(self.task, timeout=30)

    async def stop(self) -> int:
        """Drain it and return its exit code."""
        self.worker.request_stop()
        return await self.stopped()


@pytest.fixture
def server() -> FakeServer:
    """The server the worker talks to."""
    return FakeServer()


@pytest.fixture
async def client(server: FakeServer) -> AsyncIterator[PenstockClient]:
    """A client of the fake server."""
    async with PenstockClient(
        "http://fake/api",
        transport=httpx.MockTransport(server.handle),
        retries=RetryPolicy(attempts=2, first_pause_seconds=0.01),
    ) as client:
        yield client


@pytest.fixture
async def start_worker(client: PenstockClient) -> AsyncIterator[StartWorker]:
    """Start a worker of pool ``main``; keywords are its arguments and its settings."""
    started: list[RunningWorker] = []

    def start(**given: object) -> RunningWorker:
        arguments = {
            key: given.pop(key) for key in ("pool", "queues", "limit", "name", "create_pool") if key in given
        }
        settings = WorkerSettings(
            **{
                "poll_interval_seconds": 0.02,
                "cancel_check_seconds": 0.05,
                "log_batch_seconds": 0.02,
                "kill_grace_seconds": 0.5,
                "drain_timeout_seconds": 20,
                **given,
            }
        )
        worker = Worker(client, **{"pool": "main", "name": "w1", **arguments}, settings=settings)
        started.append(RunningWorker(worker))
        return started[-1]

    yield start
    for running in started:
        if not running.task.done():
            running.worker.request_stop()
            running.worker.request_stop()
            await running.stopped()


@pytest.fixture
def said() -> AsyncIterator[list[EventDict]]:
    """What the worker says to the person who started it."""
    with structlog.testing.capture_logs() as lines:
        yield lines
