"""Which workers."""

from uuid import UUID

from penstock.schemas.filters.operators import AnyOf, OperatorFilter, TimeRange
from penstock.schemas.foundations import FilterModel
from penstock.schemas.statuses import WorkerStatus


class WorkerFilterWorkPoolId(FilterModel):
    """By pool."""

    any_: AnyOf[UUID] | None = None


class WorkerFilterLastHeartbeatTime(TimeRange):
    """By last heartbeat."""


class WorkerFilterStatus(FilterModel):
    """By status; an empty ``not_any_`` excludes nobody."""

    any_: AnyOf[WorkerStatus] | None = None
    not_any_: AnyOf[WorkerStatus] | None = None


class WorkerFilter(OperatorFilter):
    """Choose workers."""

    last_heartbeat_time: WorkerFilterLastHeartbeatTime | None = None
    status: WorkerFilterStatus | None = None
