"""Routes of events (orchestration.md 4.3)."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.schemas.core import Event, ReceivedEvent
from penstock.schemas.core.events import LARGEST_EVENT_BYTES
from penstock.schemas.filters import EventFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import Countable, EventCount, EventPage, TimeUnit
from penstock.schemas.values import encoded_size
from penstock.server.api.dependencies import ClaimTimes, Database, Signs
from penstock.server.api.event_pages import LARGEST_PAGE, EventPlace
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.models import event_counts, events, task_run_reports, worker_reports

router = APIRouter(prefix="/events", tags=["Events"], route_class=JsonRoute)

PAGE = TypeAdapter(EventPage)
BATCH = 1000
"""How many events are written at once; a statement names each by its id."""

COUNTS = list_of(EventCount)

PageSize = Annotated[int, Field(ge=0, le=LARGEST_PAGE)]
Interval = Annotated[float, Field(ge=0.01, le=1_000_000, allow_inf_nan=False)]


@router.post("", status_code=204)
async def create_events(
    reported: Annotated[list[Event], Body()], db: Database, lease_times: ClaimTimes, signs: Signs
) -> Response:
    """Store events; one whose id is known already is stored once, one that is too large not at all."""
    fitting = [one for one in reported if encoded_size(one.model_dump(mode="json")) <= LARGEST_EVENT_BYTES]
    for event in fitting:
        signs.note_event(event)
    async with db.session_context(begin_transaction=True) as session:
        for start in range(0, len(fitting), BATCH):
            batch = fitting[start : start + BATCH]
            new = await events.create_events(session=session, events=batch)
            await task_run_reports.record_task_run_reports(session=session, events=new)
            await worker_reports.record_worker_reports(session, new, lease_times)
    return no_content()


@router.post("/filter", response_model=EventPage)
async def read_events(
    request: Request,
    db: Database,
    event_filter: Annotated[EventFilter | None, Body(alias="filter")] = None,
    limit: Annotated[PageSize | None, Body()] = LARGEST_PAGE,
) -> Response:
    """Read events, the newest first unless asked otherwise; ``next_page`` is where to go on."""
    bounded = _bounded(event_filter or EventFilter())
    async with db.session_context() as session:
        total = await events.count_events(session=session, event_filter=bounded)
        page = await _read_page(request, session, bounded, LARGEST_PAGE if limit is None else limit, total)
    return json_answer(PAGE, page)


@router.get("/filter/next", response_model=EventPage)
async def read_next_events(
    request: Request, db: Database, page_token: Annotated[str, Query(alias="page-token")]
) -> Response:
    """Read the page after one that was read before."""
    place = EventPlace.from_token(page_token)
    async with db.session_context() as session:
        page = await _read_page(request, session, place.filter, place.limit, place.total, place)
    return json_answer(PAGE, page)


@router.post("/count-by/{countable}", response_model=list[EventCount])
async def count_events(
    countable: Countable,
    event_filter: Annotated[EventFilter, Body(alias="filter")],
    db: Database,
    time_unit: Annotated[TimeUnit | None, Body()] = TimeUnit.day,
    time_interval: Annotated[Interval | None, Body()] = 1.0,
) -> Response:
    """Count events by day, by spans of time of a length of your choice, by name or by resource."""
    async with db.session_context() as session:
        counts = await event_counts.count_events_by(
            session=session,
            event_filter=_bounded(event_filter),
            countable=countable,
            time_unit=time_unit or TimeUnit.day,
            time_interval=time_interval or 1.0,
        )
    return json_answer(COUNTS, counts)


async def _read_page(
    request: Request,
    session: AsyncSession,
    event_filter: EventFilter,
    limit: int,
    total: int,
    place: EventPlace | None = None,
) -> EventPage:
    rows = await events.read_matching_events(
        session=session,
        event_filter=event_filter,
        limit=limit + 1,
        after=(place.occurred, place.id) if place else None,
    )
    shown, next_page = rows[:limit], None
    if shown and len(rows) > limit:
        last = shown[-1]
        token = EventPlace(
            filter=event_filter, limit=limit, total=total, occurred=last.occurred, id=last.id
        ).to_token()
        next_page = str(request.url_for("read_next_events").include_query_params(**{"page-token": token}))
    return EventPage(
        events=[ReceivedEvent.model_validate(row) for row in shown], total=total, next_page=next_page
    )


def _bounded(event_filter: EventFilter) -> EventFilter:
    """Return the filter with both ends of its time: 180 days until now, where nothing else is said."""
    now = utc_now()
    since = event_filter.occurred.since or now - timedelta(seconds=events.LISTING_SECONDS)
    bounds = {"since": since, "until": event_filter.occurred.until or now}
    return event_filter.model_copy(update={"occurred": event_filter.occurred.model_copy(update=bounds)})
