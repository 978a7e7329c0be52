"""Frames of the worker channel, and how it is closed."""

import asyncio
from typing import NoReturn, TypeVar

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.timestamps import to_wire
from penstock.schemas.worker_channel import Frame

Payload = TypeVar("Payload", bound=BaseModel)


class ChannelClosedError(Exception):
    """The channel ends here, with this code and this reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


PROTOCOL_ERROR = 1002, "protocol_error"
AUTHENTICATION_FAILED = 1008, "authentication_failed"
AUTHORIZATION_FAILED = 1008, "authorization_failed"
UNSUPPORTED_VERSION = 1008, "unsupported_version"
HEARTBEAT_FAILED = 1011, "heartbeat_persistence_failed"
SERVER_ERROR = 1011, "transient_server_error"
"""1002 and 1008 tell a worker not to try again, 1011 that it may."""


def close(closing: tuple[int, str]) -> NoReturn:
    """End the channel."""
    raise ChannelClosedError(*closing)


class Frames:
    """The two directions of one socket."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._sending = asyncio.Lock()

    async def send(self, kind: str, payload: BaseModel) -> None:
        """Send one frame; frames of several tasks do not mix."""
        frame = {"type": kind, "id": uuid7(), "sent_at": to_wire(utc_now()), "payload": payload}
        async with self._sending:
            await self._websocket.send_text(to_json(frame).decode())

    async def receive(self) -> Frame:
        """Wait for the next frame; one that cannot be read ends the channel.

        Raises:
            WebSocketDisconnect: the worker is gone.
        """
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        try:
            return Frame.model_validate_json(message.get("text") or message.get("bytes") or "")
        except ValidationError:
            close(PROTOCOL_ERROR)


def read_payload(payload: type[Payload], frame: Frame) -> Payload:
    """Return the payload of a frame; one that cannot be read ends the channel."""
    try:
        return payload.model_validate(frame.payload)
    except ValidationError:
        close(PROTOCOL_ERROR)
