"""Filters and orders of task runs."""

from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import TaskRunFilter, TaskRunFilterState, TaskRunFilterSubFlowRuns
from penstock.schemas.sorting import TaskRunSort
from penstock.server.database.filters.operators import (
    VALUE_OPERATORS,
    Condition,
    Criteria,
    Operators,
    by_value,
    conditions,
)
from penstock.server.database.filters.tags import TAG_OPERATORS
from penstock.server.database.orm_models import FlowRun, TaskRun

START = sa.func.coalesce(TaskRun.start_time, TaskRun.expected_start_time)
"""When the run started, or was first meant to."""


def _started_or_not(column: Any, wanted: bool) -> Condition:
    return TaskRun.start_time.is_(None) if wanted else TaskRun.start_time.is_not(None)


START_OPERATORS: Operators = {**VALUE_OPERATORS, "is_null_": _started_or_not}

STATE_CRITERIA: Criteria = {
    "type": by_value(TaskRun.state_type),
    "name": by_value(TaskRun.state_name),
}


def _by_state(given: TaskRunFilterState) -> list[Condition]:
    return conditions(given, STATE_CRITERIA)


def _by_having_subflows(given: TaskRunFilterSubFlowRuns) -> list[Condition]:
    if given.exists_ is None:
        return []
    stands_for_flow_run = sa.exists(
        sa.select(1).where(FlowRun.parent_task_run_id == TaskRun.id).correlate(TaskRun)
    )
    return [stands_for_flow_run if given.exists_ else ~stands_for_flow_run]


CRITERIA: Criteria = {
    "id": by_value(TaskRun.id),
    "name": by_value(TaskRun.name),
    "tags": by_value(TaskRun.tags, TAG_OPERATORS),
    "state": _by_state,
    "start_time": by_value(START, START_OPERATORS),
    "end_time": by_value(TaskRun.end_time),
    "expected_start_time": by_value(TaskRun.expected_start_time),
    "subflow_runs": _by_having_subflows,
    "flow_run_id": by_value(TaskRun.flow_run_id),
}

_rising, _falling = TaskRun.id.asc(), TaskRun.id.desc()

ORDERS: dict[TaskRunSort, tuple[sa.ColumnElement[Any], ...]] = {
    TaskRunSort.ID_DESC: (_falling,),
    TaskRunSort.EXPECTED_START_TIME_ASC: (TaskRun.expected_start_time.asc(), _rising),
    TaskRunSort.EXPECTED_START_TIME_DESC: (TaskRun.expected_start_time.desc(), _falling),
    TaskRunSort.NAME_ASC: (TaskRun.name.asc(), _rising),
    TaskRunSort.NAME_DESC: (TaskRun.name.desc(), _falling),
    TaskRunSort.NEXT_SCHEDULED_START_TIME_ASC: (
        TaskRun.next_scheduled_start_time.asc().nulls_last(),
        _rising,
    ),
    TaskRunSort.END_TIME_DESC: (TaskRun.end_time.desc().nulls_last(), _falling),
}
"""The id turns with the order, so that one index read backwards serves both."""


def task_run_conditions(task_run_filter: TaskRunFilter) -> list[Condition]:
    """Return the condition on ``task_run``, or nothing when the filter asks nothing."""
    return conditions(task_run_filter, CRITERIA)


def task_run_ordering(sort: TaskRunSort) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns to order task runs by, the id last; runs without the time come last."""
    return ORDERS[sort]
