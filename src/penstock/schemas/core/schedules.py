"""When runs are due: an interval, a cron expression or an RRULE (orchestration.md 3.1)."""

from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from penstock.core.clock import utc_now
from penstock.schemas.core.recurrence import check_cron, complete_rrule
from penstock.schemas.foundations import ActionModel
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import Text

LONGEST_EXPRESSION = 6_500
"""In characters."""


@cache
def _known_timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_timezone(name: str) -> str:
    if name not in _known_timezones():
        raise ValueError(f"There is no time zone named '{name}'; use a name such as 'Europe/Berlin'.")
    return name


Timezone = Annotated[Text, AfterValidator(_check_timezone)]


class IntervalSchedule(ActionModel):
    """Due at ``anchor_date`` plus every multiple of ``interval`` (seconds on the wire)."""

    interval: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=36_525))]
    anchor_date: Timestamp = Field(default_factory=utc_now)
    timezone: Timezone | None = "UTC"

    @model_validator(mode="before")
    @classmethod
    def _take_zone_of_anchor(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("timezone") is None:
            anchor = given.get("anchor_date")
            zone = anchor.tzinfo if isinstance(anchor, datetime) else None
            return {**given, "timezone": zone.key if isinstance(zone, ZoneInfo) else "UTC"}
        return given


class CronSchedule(ActionModel):
    """Due whenever the local clock matches the expression.

    With ``day_or`` a day matches by day of month or by weekday, without it by both.
    """

    cron: Annotated[Text, StringConstraints(max_length=LONGEST_EXPRESSION), AfterValidator(check_cron)]
    timezone: Timezone | None = None
    day_or: bool = True


class RRuleSchedule(ActionModel):
    """Due at the dates of an RFC 5545 rule, read in the local time of ``timezone``."""

    rrule: Annotated[Text, StringConstraints(max_length=LONGEST_EXPRESSION)]
    timezone: Timezone | None = "UTC"

    @model_validator(mode="after")
    def _complete(self) -> "RRuleSchedule":
        self.rrule = complete_rrule(self.rrule, ZoneInfo(self.timezone or "UTC"))
        return self


def _kind(schedule: Any) -> str | None:
    """Return the key that tells the kind of a schedule, given as an object or as JSON."""
    if isinstance(schedule, dict):
        return next((key for key in ("interval", "cron", "rrule") if key in schedule), None)
    return next((key for key in ("interval", "cron", "rrule") if hasattr(schedule, key)), None)


Schedule = Annotated[
    Annotated[IntervalSchedule, Tag("interval")]
    | Annotated[CronSchedule, Tag("cron")]
    | Annotated[RRuleSchedule, Tag("rrule")],
    Discriminator(
        _kind,
        custom_error_type="schedule_kind",
        custom_error_message="A schedule needs one of the keys 'interval', 'cron' and 'rrule'",
    ),
]
"""Told apart by the key each kind requires; unknown keys are errors."""
