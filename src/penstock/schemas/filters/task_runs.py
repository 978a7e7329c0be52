"""Which task runs."""

from uuid import UUID

from penstock.core.states import StateType
from penstock.schemas.filters.operators import AnyOf, FewOf, NullableTimeRange, OperatorFilter, TimeRange
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import SearchText, Text


class TaskRunFilterId(FilterModel):
    """By id."""

    any_: AnyOf[UUID] | None = None


class TaskRunFilterName(FilterModel):
    """By exact name or part of it, whatever the case."""

    any_: AnyOf[Text] | None = None
    like_: SearchText | None = None


class TaskRunFilterTags(OperatorFilter):
    """By tags; ``is_null_`` true means no tags."""

    all_: FewOf[Text] | None = None
    is_null_: bool | None = None


class TaskRunFilterStateType(FilterModel):
    """By type of the state."""

    any_: AnyOf[StateType] | None = None


class TaskRunFilterStateName(FilterModel):
    """By name of the state."""

    any_: FewOf[Text] | None = None


class TaskRunFilterState(OperatorFilter):
    """By the present state."""

    type: TaskRunFilterStateType | None = None
    name: TaskRunFilterStateName | None = None


class TaskRunFilterStartTime(NullableTimeRange):
    """By start."""


class TaskRunFilterEndTime(NullableTimeRange):
    """By end."""


class TaskRunFilterExpectedStartTime(TimeRange):
    """By the time the run was first meant to start."""


class TaskRunFilterSubFlowRuns(FilterModel):
    """By whether it stands for a flow run."""

    exists_: bool | None = None


class TaskRunFilterFlowRunId(OperatorFilter):
    """By the flow run it belongs to, or by belonging to none."""

    any_: AnyOf[UUID] | None = None
    is_null_: bool | None = False


class TaskRunFilter(OperatorFilter):
    """Choose task runs."""

    id: TaskRunFilterId | None = None
    name: TaskRunFilterName | None = None
    tags: TaskRunFilterTags | None = None
    state: TaskRunFilterState | None = None
    start_time: TaskRunFilterStartTime | None = None
    end_time: TaskRunFilterEndTime | None = None
    expected_start_time: TaskRunFilterExpectedStartTime | None = None
    subflow_runs: TaskRunFilterSubFlowRuns | None = None
    flow_run_id: TaskRunFilterFlowRunId | None = None
