"""The socket by which clients report events (orchestration.md 4.3)."""

import logging
from collections.abc import Callable

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError

from penstock.schemas.core import Event
from penstock.schemas.core.events import LARGEST_EVENT_BYTES
from penstock.server.api.websocket_handshake import accept
from penstock.server.api.websocket_protocol import EXTENSION, Receipts
from penstock.server.services import EventIntake, SignsOfLife

logger = logging.getLogger(__name__)

router = APIRouter()


@router.websocket("/events/in")
async def receive_events(websocket: WebSocket) -> None:
    """Take in one event a frame; pings are answered when all events before them are written.

    An event that cannot be read is dropped, the connection stays. As long as it does, the runs
    whose heartbeats came on it are alive.
    """
    if not await accept(websocket):
        return
    intake: EventIntake = websocket.app.state.event_intake
    signs: SignsOfLife = websocket.app.state.signs_of_life
    taken = _taken_in(websocket)
    with signs.line() as line:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            event = _read_event(message.get("text") or message.get("bytes") or "")
            if event is not None:
                signs.note_event(event, line)
            await intake.put(event, taken)


def _taken_in(websocket: WebSocket) -> Callable[[], None]:
    receipts: Receipts | None = (websocket.scope.get("extensions") or {}).get(EXTENSION)
    if receipts is None:
        return lambda: None
    receipts.hold()
    return receipts.take


def _read_event(text: str | bytes) -> Event | None:
    if len(text) > LARGEST_EVENT_BYTES:
        logger.warning("Dropped an event of %d bytes; at most %d are taken", len(text), LARGEST_EVENT_BYTES)
        return None
    try:
        return Event.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "frame"
        logger.warning("Dropped an event that cannot be read: %s: %s", place, first["msg"])
        return None
