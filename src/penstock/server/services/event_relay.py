"""Live events: every committed event, to those whose filter it fits (orchestration.md 4.3)."""

from collections.abc import Hashable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Row

from penstock.schemas.core import ReceivedEvent
from penstock.schemas.core.events import RESOURCE_ID
from penstock.schemas.filters import EventFilter
from penstock.server.database import DBInterface
from penstock.server.database.announcements import EVENTS
from penstock.server.events.matching import EventMatcher
from penstock.server.services.relay import EVERYTHING, Relay, Subscription


@dataclass(frozen=True)
class LiveEvent:
    """An event and its JSON, which all subscribers share."""

    event: ReceivedEvent

    @cached_property
    def json(self) -> str:
        """The event as it is sent."""
        return self.event.model_dump_json()


class EventRelay(Relay[LiveEvent]):
    """Subscribers stand under the names they ask for, else under the resources, else under everything."""

    def __init__(self, db: DBInterface, *, poll_seconds: float) -> None:
        super().__init__(db, db.Event, EVENTS, poll_seconds=poll_seconds)

    def subscribe(self, event_filter: EventFilter) -> AbstractAsyncContextManager[Subscription[LiveEvent]]:
        """Subscribe to the events that fit a filter, until the block is left."""
        matcher = EventMatcher(event_filter)
        return self.subscribed(_keys(matcher), lambda message: matcher.matches(message.event))

    def message(self, row: Row[Any]) -> LiveEvent:
        """See ``Relay``."""
        return LiveEvent(ReceivedEvent.model_validate(row))

    def keys(self, row: Row[Any]) -> Iterable[Hashable]:
        """See ``Relay``."""
        yield ("name", row.event)
        for labels in (row.resource, *row.related):
            yield ("resource", labels.get(RESOURCE_ID))


def _keys(matcher: EventMatcher) -> Iterable[Hashable]:
    if matcher.names is not None:
        return [("name", name) for name in matcher.names]
    if matcher.resource_ids is not None:
        return [("resource", resource_id) for resource_id in matcher.resource_ids]
    return [EVERYTHING]
