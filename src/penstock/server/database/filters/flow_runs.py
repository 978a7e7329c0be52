"""Filters and orders of flow runs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from penstock.core.states import StateType
from penstock.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId, FlowRunFilterState
from penstock.schemas.sorting import FlowRunSort
from penstock.server.database.expressions import json_text
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
from penstock.server.database.states import in_states

START = sa.func.coalesce(FlowRun.start_time, FlowRun.expected_start_time)
"""When the run started, or was first meant to."""

CREATOR_ID = json_text(FlowRun.created_by, sa.literal_column("'id'"))
CREATOR_TYPE = json_text(FlowRun.created_by, sa.literal_column("'type'"))


def _is_any_type(column: Any, states: Sequence[StateType]) -> Condition:
    return in_states(column, states)


def _is_no_type(column: Any, states: Sequence[StateType]) -> Condition:
    return sa.or_(column.is_(None), ~in_states(column, states))


def _started_or_not(column: Any, wanted: bool) -> Condition:
    return FlowRun.start_time.is_(None) if wanted else FlowRun.start_time.is_not(None)


def _creator_is_any(column: Any, ids: Sequence[UUID]) -> Condition:
    return CREATOR_ID.in_([str(one) for one in ids])


STATE_TYPE_OPERATORS: Operators = {"any_": _is_any_type, "not_any_": _is_no_type}
"""With the names of the states written out, so that partial indexes can serve."""

START_OPERATORS: Operators = {**VALUE_OPERATORS, "is_null_": _started_or_not}

CREATOR_OPERATORS: Operators = {
    "id_": _creator_is_any,
    "type_": lambda column, types: CREATOR_TYPE.in_(types),
    "is_null_": VALUE_OPERATORS["is_null_"],
}

STATE_CRITERIA: Criteria = {
    "type": by_value(FlowRun.state_type, STATE_TYPE_OPERATORS),
    "name": by_value(FlowRun.state_name),
}


def _by_state(given: FlowRunFilterState) -> list[Condition]:
    return conditions(given, STATE_CRITERIA)


def _by_parent(given: FlowRunFilterParentFlowRunId) -> list[Condition]:
    if given.any_ is None:
        return []
    parent = sa.select(1).where(TaskRun.id == FlowRun.parent_task_run_id, TaskRun.flow_run_id.in_(given.any_))
    return [sa.exists(parent.correlate(FlowRun))]


CRITERIA: Criteria = {
    "id": by_value(FlowRun.id),
    "name": by_value(FlowRun.name),
    "tags": by_value(FlowRun.tags, TAG_OPERATORS),
    "deployment_id": by_value(FlowRun.deployment_id),
    "work_queue_id": by_value(FlowRun.work_queue_id),
    "work_queue_name": by_value(FlowRun.work_queue_name),
    "state": _by_state,
    "flow_version": by_value(FlowRun.flow_version),
    "start_time": by_value(START, START_OPERATORS),
    "end_time": by_value(FlowRun.end_time),
    "expected_start_time": by_value(FlowRun.expected_start_time),
    "next_scheduled_start_time": by_value(FlowRun.next_scheduled_start_time),
    "parent_flow_run_id": _by_parent,
    "parent_task_run_id": by_value(FlowRun.parent_task_run_id),
    "idempotency_key": by_value(FlowRun.idempotency_key),
    "created_by": by_value(FlowRun.created_by, CREATOR_OPERATORS),
}

_rising, _falling = FlowRun.id.asc(), FlowRun.id.desc()

ORDERS: dict[FlowRunSort, tuple[sa.ColumnElement[Any], ...]] = {
    FlowRunSort.ID_DESC: (_falling,),
    FlowRunSort.START_TIME_ASC: (START.asc(), _rising),
    FlowRunSort.START_TIME_DESC: (START.desc(), _falling),
    FlowRunSort.EXPECTED_START_TIME_ASC: (FlowRun.expected_start_time.asc(), _rising),
    FlowRunSort.EXPECTED_START_TIME_DESC: (FlowRun.expected_start_time.desc(), _falling),
    FlowRunSort.NAME_ASC: (FlowRun.name.asc(), _rising),
    FlowRunSort.NAME_DESC: (FlowRun.name.desc(), _falling),
    FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC: (
        FlowRun.next_scheduled_start_time.asc().nulls_last(),
        _rising,
    ),
    FlowRunSort.END_TIME_DESC: (FlowRun.end_time.desc().nulls_last(), _falling),
}
"""The id turns with the order, so that one index read backwards serves both."""


def flow_run_conditions(flow_run_filter: FlowRunFilter) -> list[Condition]:
    """Return the condition on ``flow_run``, or nothing when the filter asks nothing."""
    return conditions(flow_run_filter, CRITERIA)


def flow_run_ordering(sort: FlowRunSort) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns to order runs by, the id last; runs without the time come last."""
    return ORDERS[sort]
