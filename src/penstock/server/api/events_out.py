"""The socket that sends events as they happen (orchestration.md 4.3)."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, WebSocket

from penstock.core.clock import utc_now
from penstock.schemas.core import ReceivedEvent
from penstock.schemas.filters import EventFilter, EventOrder
from penstock.server.api.live_streams import receive_filter, stream
from penstock.server.api.websocket_handshake import accept
from penstock.server.database import DBInterface
from penstock.server.models import events
from penstock.server.services import EventRelay, LiveEvent, Subscription

router = APIRouter()

BACKFILL_REACHES = timedelta(minutes=15)
BACKFILL_PAGE = 250
COMMITTED_LATE = timedelta(minutes=1)
"""By how much an event may become visible after it was received: so long it may come live as well."""


@router.websocket("/events/out")
async def send_events(websocket: WebSocket) -> None:
    """Send events of the last minutes that fit the filter, then those that happen, none twice."""
    if not await accept(websocket):
        return
    asked = await receive_filter(websocket, EventFilter)
    if asked is None:
        return
    event_filter, backfill = asked
    relay: EventRelay = websocket.app.state.event_relay
    recent = event_filter if backfill else None
    await stream(
        websocket, relay.subscribe(event_filter), lambda subscription: _send(websocket, subscription, recent)
    )


async def _send(
    websocket: WebSocket, subscription: Subscription[LiveEvent], backfill: EventFilter | None
) -> None:
    sent = await _send_backfill(websocket, backfill) if backfill is not None else set()
    while True:
        live = await subscription.next()
        if live.event.id not in sent:
            await _send_event(websocket, live)


async def _send_backfill(websocket: WebSocket, event_filter: EventFilter) -> set[UUID]:
    """Send what has happened up to now, the oldest first; return what may come again live."""
    db: DBInterface = websocket.app.state.db
    began = utc_now()
    earliest = began - BACKFILL_REACHES
    since = max(event_filter.occurred.since or earliest, earliest)
    occurred = event_filter.occurred.model_copy(update={"since": since})
    recent = event_filter.model_copy(update={"occurred": occurred, "order": EventOrder.ASC})
    sent: set[UUID] = set()
    last = None
    while True:
        async with db.session_context() as session:
            rows = await events.read_matching_events(
                session=session, event_filter=recent, limit=BACKFILL_PAGE, after=last
            )
        for row in rows:
            if row.received > began - COMMITTED_LATE:
                sent.add(row.id)
            await _send_event(websocket, LiveEvent(ReceivedEvent.model_validate(row)))
        if len(rows) < BACKFILL_PAGE:
            return sent
        last = rows[-1].occurred, rows[-1].id


async def _send_event(websocket: WebSocket, live: LiveEvent) -> None:
    await websocket.send_text(f'{{"type":"event","event":{live.json}}}')
