"""The socket that sends log lines as they are written (orchestration.md 4.1)."""

from fastapi import APIRouter, WebSocket

from penstock.schemas.filters import LogFilter
from penstock.server.api.live_streams import receive_filter, stream
from penstock.server.api.websocket_handshake import accept
from penstock.server.services import LiveLog, LogRelay, Subscription

router = APIRouter()


@router.websocket("/logs/out")
async def send_logs(websocket: WebSocket) -> None:
    """Send the lines that fit the filter and are written from now on."""
    if not await accept(websocket):
        return
    asked = await receive_filter(websocket, LogFilter)
    if asked is None:
        return
    relay: LogRelay = websocket.app.state.log_relay
    await stream(websocket, relay.subscribe(asked[0]), lambda subscription: _send(websocket, subscription))


async def _send(websocket: WebSocket, subscription: Subscription[LiveLog]) -> None:
    while True:
        live = await subscription.next()
        await websocket.send_text(f'{{"type":"log","log":{live.json}}}')
