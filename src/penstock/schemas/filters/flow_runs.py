"""Which flow runs."""

from uuid import UUID

from penstock.core.states import StateType
from penstock.schemas.filters.operators import AnyOf, FewOf, NullableTimeRange, OperatorFilter, TimeRange
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import SearchText, Text


class FlowRunFilterId(FilterModel):
    """By id; ``lt_`` are lower ids, so what comes after a run in the order ID_DESC."""

    any_: AnyOf[UUID] | None = None
    not_any_: AnyOf[UUID] | None = None
    lt_: UUID | None = None


class FlowRunFilterName(FilterModel):
    """By exact name or part of it, whatever the case."""

    any_: AnyOf[Text] | None = None
    like_: SearchText | None = None


class FlowRunFilterTags(OperatorFilter):
    """By tags; ``is_null_`` true means no tags."""

    all_: FewOf[Text] | None = None
    any_: FewOf[Text] | None = None
    is_null_: bool | None = None


class FlowRunFilterDeploymentId(OperatorFilter):
    """By deployment, or by having none."""

    any_: AnyOf[UUID] | None = None
    is_null_: bool | None = None


class FlowRunFilterWorkQueueName(OperatorFilter):
    """By the name of the work queue, or by having none."""

    any_: AnyOf[Text] | None = None
    is_null_: bool | None = None


class FlowRunFilterWorkQueueId(OperatorFilter):
    """By the work queue, or by being in none: then no worker of a pool is given the run."""

    any_: AnyOf[UUID] | None = None
    is_null_: bool | None = None


class FlowRunFilterStateType(FilterModel):
    """By type of the state."""

    any_: AnyOf[StateType] | None = None
    not_any_: AnyOf[StateType] | None = None


class FlowRunFilterStateName(FilterModel):
    """By name of the state."""

    any_: AnyOf[Text] | None = None
    not_any_: AnyOf[Text] | None = None


class FlowRunFilterState(OperatorFilter):
    """By the present state."""

    type: FlowRunFilterStateType | None = None
    name: FlowRunFilterStateName | None = None


class FlowRunFilterFlowVersion(FilterModel):
    """By version of the flow."""

    any_: AnyOf[Text] | None = None


class FlowRunFilterStartTime(NullableTimeRange):
    """By start, or by expected start for runs that have not started."""


class FlowRunFilterEndTime(NullableTimeRange):
    """By end."""


class FlowRunFilterExpectedStartTime(TimeRange):
    """By the time the run was first meant to start."""


class FlowRunFilterNextScheduledStartTime(TimeRange):
    """By the time the run is now meant to start."""


class FlowRunFilterParentFlowRunId(OperatorFilter):
    """By the run it was started from."""

    any_: AnyOf[UUID] | None = None


class FlowRunFilterParentTaskRunId(OperatorFilter):
    """By the task run it was started from, or by having none."""

    any_: AnyOf[UUID] | None = None
    is_null_: bool | None = None


class FlowRunFilterIdempotencyKey(FilterModel):
    """By idempotency key."""

    any_: AnyOf[Text] | None = None
    not_any_: AnyOf[Text] | None = None


class FlowRunFilterCreatedBy(OperatorFilter):
    """By who or what made the run."""

    id_: AnyOf[UUID] | None = None
    type_: AnyOf[Text] | None = None
    is_null_: bool | None = None


class FlowRunFilter(OperatorFilter):
    """Choose flow runs."""

    id: FlowRunFilterId | None = None
    name: FlowRunFilterName | None = None
    tags: FlowRunFilterTags | None = None
    deployment_id: FlowRunFilterDeploymentId | None = None
    work_queue_id: FlowRunFilterWorkQueueId | None = None
    work_queue_name: FlowRunFilterWorkQueueName | None = None
    state: FlowRunFilterState | None = None
    flow_version: FlowRunFilterFlowVersion | None = None
    start_time: FlowRunFilterStartTime | None = None
    end_time: FlowRunFilterEndTime | None = None
    expected_start_time: FlowRunFilterExpectedStartTime | None = None
    next_scheduled_start_time: FlowRunFilterNextScheduledStartTime | None = None
    parent_flow_run_id: FlowRunFilterParentFlowRunId | None = None
    parent_task_run_id: FlowRunFilterParentTaskRunId | None = None
    idempotency_key: FlowRunFilterIdempotencyKey | None = None
    created_by: FlowRunFilterCreatedBy | None = None
