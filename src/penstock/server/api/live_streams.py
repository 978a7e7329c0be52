"""What the sockets that send live things have in common: the filter frame, and the sending."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, TypeVar

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from penstock.server.api.websocket_handshake import PROTOCOL_ERROR, TRY_AGAIN, receive_object
from penstock.server.services import Subscription

logger = logging.getLogger(__name__)

Filter = TypeVar("Filter", bound=BaseModel)
Message = TypeVar("Message")

LONGEST_REASON_BYTES = 120


async def receive_filter(websocket: WebSocket, kind: type[Filter]) -> tuple[Filter, bool] | None:
    """Receive ``{"type": "filter", "filter": …, "backfill": bool}``: the filter, and whether to backfill.

    None when the client is gone, or sent something else and was told so.
    """
    frame = await receive_object(websocket)
    if frame is None:
        return None
    if frame.get("type") != "filter":
        await websocket.close(PROTOCOL_ERROR, "A filter was expected.")
        return None
    try:
        wanted = kind.model_validate(frame.get("filter") or {})
    except ValidationError as error:
        reason = f"Invalid filter: {error.errors()[0]['msg']}"
        await websocket.close(PROTOCOL_ERROR, reason.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore"))
        return None
    return wanted, frame.get("backfill", True) is not False


async def stream(
    websocket: WebSocket,
    subscribing: AbstractAsyncContextManager[Subscription[Message]],
    sending: Callable[[Subscription[Message]], Coroutine[Any, Any, None]],
) -> None:
    """Subscribe, and send until the client is gone; it is told to come back when the database fails."""
    try:
        async with subscribing as subscription:
            await _send_while_connected(websocket, sending(subscription))
    except (DBAPIError, PoolTimeoutError) as error:
        logger.warning("A live stream ended: %s", error)
        with suppress(RuntimeError, WebSocketDisconnect):
            await websocket.close(TRY_AGAIN, "The database does not answer; come back shortly.")


async def _send_while_connected(websocket: WebSocket, sending: Coroutine[Any, Any, None]) -> None:
    """Run the sending until it ends or the client is gone; whatever else the client sends is ignored."""
    sender = asyncio.create_task(sending)
    watcher = asyncio.create_task(_watch(websocket))
    try:
        await asyncio.wait({sender, watcher}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sender, watcher):
            task.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect, OSError):
            await sender
        with suppress(asyncio.CancelledError):
            await watcher


async def _watch(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
