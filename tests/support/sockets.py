"""The app behind a real port, in the test's own process, and what clients say over WebSockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from penstock.server.api.websocket_protocol import WebSocketProtocol

PREFECT = Subprotocol("prefect")


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """Serve an app that runs already, as the command line serves it; gives the address of its API."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, ws=WebSocketProtocol, access_log=False)
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listener])
        ticking = asyncio.create_task(server.main_loop())
        try:
            yield f"ws://127.0.0.1:{port}/api"
        finally:
            server.should_exit = True
            await ticking
            await server.shutdown(sockets=[listener])


@asynccontextmanager
async def prefect_socket(
    address: str, path: str, *, token: str | None = None
) -> AsyncIterator[ClientConnection]:
    """Connect as Prefect clients do: subprotocol, authentication, success."""
    async with connect(f"{address}/{path}", subprotocols=[PREFECT], max_size=None) as connection:
        assert connection.subprotocol == PREFECT
        await send(connection, {"type": "auth", "token": token})
        assert await receive(connection) == {"type": "auth_success"}
        yield connection


@asynccontextmanager
async def subscribed(
    address: str, asked: dict[str, Any] | None = None, path: str = "events/out", **frame: Any
) -> AsyncIterator[ClientConnection]:
    """Connect and ask for what fits a filter."""
    async with prefect_socket(address, path) as connection:
        await send(connection, {"type": "filter", "filter": asked or {}, **frame})
        yield connection


async def send(connection: ClientConnection, *frames: Any) -> None:
    """Send each frame as JSON."""
    for frame in frames:
        await connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))


async def receive(connection: ClientConnection, seconds: float = 10) -> Any:
    """Return the next frame."""
    async with asyncio.timeout(seconds):
        return json.loads(await connection.recv())


async def receive_names(connection: ClientConnection, number: int) -> Sequence[str]:
    """Return the names of the next events."""
    frames = [await receive(connection) for _ in range(number)]
    assert {frame["type"] for frame in frames} <= {"event"}
    return [frame["event"]["event"] for frame in frames]
