"""A worker's end of the channel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from penstock.core.clock import utc_now
from tests.support.sockets import prefect_socket, receive, send

TIMEOUT_KIND = "cancelling_timeout_teardown.v1"
CLEANUP = {
    "requested_capabilities": ["worker_heartbeat.v1", "work_pool_snapshot.v1", "cleanup_delivery.v1"],
    "handled_cleanup_kinds": [TIMEOUT_KIND],
}


def frame(kind: str, payload: Any, **changes: Any) -> dict[str, Any]:
    """Return a frame."""
    return {"type": kind, "id": str(uuid4()), "sent_at": utc_now().isoformat(), "payload": payload} | changes


def hello(worker: str = "w1", **changes: Any) -> dict[str, Any]:
    """Return a hello as the process worker says it."""
    payload = {
        "consumer_id": str(uuid4()),
        "worker_name": worker,
        "worker_type": "process",
        "heartbeat_interval_seconds": 30,
        "supported_channel_versions": ["work_pool_worker_channel.v1"],
        "requested_capabilities": ["worker_heartbeat.v1", "work_pool_snapshot.v1"],
        "work_queue_names": [],
        "handled_cleanup_kinds": [],
        "max_cleanup_concurrency": 0,
        "create_pool_if_not_found": False,
        "default_base_job_template": {},
        "worker_metadata": None,
    }
    given = payload | changes
    if "handled_cleanup_kinds" in changes and "max_cleanup_concurrency" not in changes:
        del given["max_cleanup_concurrency"]
    return frame("worker.hello.v1", given)


@dataclass
class Worker:
    """A connected worker."""

    connection: ClientConnection
    hello: dict[str, Any]
    ready: dict[str, Any]

    async def heartbeat(self, **changes: Any) -> None:
        """Send a heartbeat."""
        said = self.hello["payload"]
        names = ("consumer_id", "worker_name", "heartbeat_interval_seconds")
        await send(
            self.connection, frame("worker.heartbeat.v1", {name: said[name] for name in names} | changes)
        )

    async def receive(self, kind: str) -> dict[str, Any]:
        """Return the payload of the next frame, which must be of this kind."""
        found = await receive(self.connection)
        assert found["type"] == kind, found
        assert set(found) == {"type", "id", "sent_at", "payload"}
        payload: dict[str, Any] = found["payload"]
        return payload

    async def hears_nothing(self, seconds: float = 0.3) -> bool:
        """Return whether no frame comes for a while."""
        try:
            found = await receive(self.connection, seconds)
        except TimeoutError:
            return True
        raise AssertionError(found)

    async def settle(self, operation: str, message: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Say something about a message of cleanup and return the answer."""
        payload = {name: message[name] for name in ("message_id", "reservation_token")}
        asked = frame(f"cleanup.{operation}.v1", payload | changes)
        await send(self.connection, asked)
        answer = await self.receive("cleanup.operation_result.v1")
        assert answer["request_frame_id"] == asked["id"]
        assert answer["operation"] == operation
        return answer


@asynccontextmanager
async def connected(
    address: str, pool: str = "pool", worker: str = "w1", **changes: Any
) -> AsyncIterator[Worker]:
    """Connect a worker."""
    said = hello(worker, **changes)
    async with prefect_socket(address, f"work_pools/{pool}/workers/connect") as connection:
        await send(connection, said)
        ready = await receive(connection)
        assert ready["type"] == "worker.ready.v1", ready
        yield Worker(connection, said, ready["payload"])


async def close_of(connection: ClientConnection) -> tuple[int, str]:
    """Return code and reason of the close that must come now."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(10):
            await connection.recv()
    received = closed.value.rcvd
    assert received is not None
    return received.code, received.reason


async def refusal(address: str, pool: str, *frames: Any) -> tuple[int, str]:
    """Send frames after the authentication and return how the channel was closed."""
    async with prefect_socket(address, f"work_pools/{pool}/workers/connect") as connection:
        await send(connection, *frames)
        return await close_of(connection)
