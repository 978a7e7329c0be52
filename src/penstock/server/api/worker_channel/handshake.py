"""Who calls, and what for (workers.md 7.1)."""

import asyncio

from fastapi import WebSocket, WebSocketDisconnect

from penstock.schemas.worker_channel import HelloPayload
from penstock.server.api.websocket_handshake import SUBPROTOCOL, is_known, receive_object
from penstock.server.api.worker_channel.frames import (
    AUTHENTICATION_FAILED,
    PROTOCOL_ERROR,
    Frames,
    close,
    read_payload,
)

HANDSHAKE_SECONDS = 10.0
"""How long a worker may take for each of its first two frames."""


async def authenticate(websocket: WebSocket) -> None:
    """Accept a socket whose first frame says who calls; end any other."""
    if SUBPROTOCOL not in websocket.scope.get("subprotocols", ()):
        close(AUTHENTICATION_FAILED)
    await websocket.accept(subprotocol=SUBPROTOCOL)
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            frame = await receive_object(websocket)
    except TimeoutError:
        close(AUTHENTICATION_FAILED)
    if frame is None:
        raise WebSocketDisconnect
    expected: str | None = getattr(websocket.app.state, "api_auth_string", None)
    if frame.get("type") != "auth" or not is_known(frame.get("token"), expected):
        close(AUTHENTICATION_FAILED)
    await websocket.send_text('{"type":"auth_success"}')


async def receive_hello(frames: Frames) -> HelloPayload:
    """Wait for the worker's hello; anything else ends the channel."""
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            frame = await frames.receive()
    except TimeoutError:
        close(PROTOCOL_ERROR)
    if frame.type != "worker.hello.v1":
        close(PROTOCOL_ERROR)
    return read_payload(HelloPayload, frame)
