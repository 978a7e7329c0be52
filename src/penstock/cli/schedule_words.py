"""Schedules as they are said on the command line, and shown there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter
from pydantic import ValidationError

from penstock.cli.context import capitalized, validation_sentence
from penstock.cli.errors import usage
from penstock.cli.parameters import parse_time
from penstock.cli.render import duration
from penstock.schemas.core import CronSchedule, IntervalSchedule, RRuleSchedule
from penstock.schemas.responses import DeploymentScheduleResponse

AnySchedule = CronSchedule | IntervalSchedule | RRuleSchedule

KINDS: dict[str, type[CronSchedule] | type[IntervalSchedule] | type[RRuleSchedule]] = {
    "cron": CronSchedule,
    "interval": IntervalSchedule,
    "rrule": RRuleSchedule,
}
"""The flag, and the field, that tells the kind of a schedule."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class TimeFlags:
    """When runs are due, said on the command line."""

    cron: Annotated[str | None, Parameter(help="A cron expression, e.g. '0 6 * * MON-FRI'.")] = None
    interval: Annotated[float | None, Parameter(help="Seconds between two runs.")] = None
    anchor: Annotated[
        str | None,
        Parameter(help="With --interval: a time to count from (local time unless it says otherwise)."),
    ] = None
    rrule: Annotated[str | None, Parameter(help="A recurrence rule, e.g. 'FREQ=WEEKLY;BYDAY=MO'.")] = None
    timezone: Annotated[
        str | None, Parameter(help="The zone whose clock counts, e.g. Europe/Berlin; else UTC.")
    ] = None

    def change(self, before: Mapping[str, Any]) -> AnySchedule | None:
        """Return what becomes of a stored schedule, whose clock stays unless another is given.

        Returns None when none of the flags is given.

        Raises a usage failure when they are not understood.
        """
        given = self._given()
        return self._schedule({**before, **given}) if given else None

    def require(self) -> AnySchedule:
        """Return the schedule that is meant. Raises a usage failure when none is."""
        given = self._given()
        if not KINDS.keys() & given.keys():
            raise usage("Say when its runs are due: --cron, --interval or --rrule.")
        return self._schedule(given)

    def _given(self) -> dict[str, Any]:
        flags = {
            "cron": self.cron,
            "interval": self.interval,
            "rrule": self.rrule,
            "timezone": self.timezone,
            "anchor_date": None if self.anchor is None else parse_time(self.anchor, "--anchor"),
        }
        given = {name: value for name, value in flags.items() if value is not None}
        if len(KINDS.keys() & given.keys()) > 1:
            raise usage("Give one of --cron, --interval and --rrule.")
        return given

    def _schedule(self, fields: Mapping[str, Any]) -> AnySchedule:
        asked = self._given()
        kind = next(name for name in (*asked, *fields) if name in KINDS)
        model = KINDS[kind]
        if "anchor_date" in asked and model is not IntervalSchedule:
            raise usage("--anchor goes with --interval.")
        known = {name: value for name, value in fields.items() if name in model.model_fields}
        try:
            return model.model_validate({**known, "timezone": fields.get("timezone") or "UTC"})
        except ValidationError as error:
            raise usage(capitalized(validation_sentence(error))) from error


NO_TIMES = TimeFlags()


def schedule_name(schedule: DeploymentScheduleResponse) -> str:
    """Return what a schedule is called: its slug, else its id."""
    return schedule.slug or str(schedule.id)


def schedule_words(schedule: Mapping[str, Any]) -> str:
    """Return when a stored schedule is due, in one line."""
    if "interval" in schedule:
        return f"every {duration(float(schedule['interval']))}"
    return " ".join(str(schedule.get("cron") or schedule.get("rrule")).split("\n"))
