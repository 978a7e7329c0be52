"""Answers about events (orchestration.md 4.3)."""

from enum import StrEnum

from penstock.schemas.core.events import ReceivedEvent
from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp


class EventPage(WireModel):
    """Some events, how many match in all, and where the next ones are."""

    events: list[ReceivedEvent]
    total: int
    next_page: str | None


class Countable(StrEnum):
    """What events can be counted by."""

    day = "day"
    time = "time"
    event = "event"
    resource = "resource"


class TimeUnit(StrEnum):
    """The unit of a span of time that events are counted by."""

    week = "week"
    day = "day"
    hour = "hour"
    minute = "minute"
    second = "second"


class EventCount(WireModel):
    """How many events share a value, and from when to when."""

    value: str
    label: str
    count: int
    start_time: Timestamp
    end_time: Timestamp
