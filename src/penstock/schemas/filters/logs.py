"""Which log lines."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from penstock.schemas.filters.operators import AnyOf, OperatorFilter, TimeRange
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import LogLevel, Text


class LogFilterLevel(FilterModel):
    """By level, both ends included."""

    ge_: LogLevel | None = None
    le_: LogLevel | None = None


class LogFilterTimestamp(TimeRange):
    """By time."""


class LogFilterFlowRunId(FilterModel):
    """By flow run."""

    any_: AnyOf[UUID] | None = None


class LogFilterTaskRunId(FilterModel):
    """By task run, or by having none."""

    any_: AnyOf[UUID] | None = None
    is_null_: bool | None = None


class LogFilterTextSearch(FilterModel):
    """By words in name and message, whatever their case (orchestration.md 4.1).

    Any of the words will do; ``+word`` is required, ``-word`` or ``!word`` excluded, and quotes
    hold several words together.
    """

    query: Annotated[Text, StringConstraints(max_length=200)]


class LogFilter(OperatorFilter):
    """Choose log lines."""

    level: LogFilterLevel | None = None
    timestamp: LogFilterTimestamp | None = None
    flow_run_id: LogFilterFlowRunId | None = None
    task_run_id: LogFilterTaskRunId | None = None
    text: LogFilterTextSearch | None = None
