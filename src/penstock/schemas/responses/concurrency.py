"""Who holds the slots of a pool or queue (workers.md 2.5)."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from penstock.core.clock import utc_now
from penstock.core.states import StateType
from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp


class FlowRunSlotSummary(WireModel):
    """A run that holds a slot; ``time_in_current_state`` is in seconds."""

    id: UUID
    name: str
    state_type: StateType | None = None
    state_name: str | None = None
    start_time: Timestamp | None = None
    state_timestamp: Timestamp | None = None
    time_in_current_state: float | None = None

    @classmethod
    def from_row(cls, row: Any, now: datetime | None = None) -> Self:
        """Return a row of the run table, its time in the state reckoned at ``now``."""
        since = row.state_timestamp
        return cls(
            id=row.id,
            name=row.name,
            state_type=row.state_type,
            state_name=row.state_name,
            start_time=row.start_time,
            state_timestamp=since,
            time_in_current_state=((now or utc_now()) - since).total_seconds() if since else None,
        )


class WorkQueueConcurrencyStatusDetail(WireModel):
    """The slots of one queue of a pool; ``flow_run_count`` may exceed the runs listed."""

    queue_id: UUID
    queue_name: str
    active_slots: int
    concurrency_limit: int | None = None
    flow_runs: list[FlowRunSlotSummary] = Field(default_factory=list)
    flow_run_count: int | None = None


class WorkPoolConcurrencyStatus(WireModel):
    """The slots of a pool, one page of queues at a time."""

    active_slots: int
    concurrency_limit: int | None = None
    queues: list[WorkQueueConcurrencyStatusDetail] = Field(default_factory=list)
    count: int
    limit: int
    pages: int
    page: int


class WorkQueueConcurrencyStatus(WireModel):
    """The slots of a queue, one page of runs at a time."""

    active_slots: int
    concurrency_limit: int | None = None
    flow_runs: list[FlowRunSlotSummary] = Field(default_factory=list)
    count: int
    limit: int
    pages: int
    page: int
