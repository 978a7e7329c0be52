"""Pools and queues at a glance, as answered."""

from uuid import UUID

from pydantic import Field

from penstock.schemas.foundations import WireModel
from penstock.schemas.statuses import WorkPoolStatus, WorkQueueStatus
from penstock.schemas.timestamps import Timestamp


class Waiting(WireModel):
    """Runs that are due and wait; counts and waits may be some seconds old."""

    waiting_runs: int = 0
    late_runs: int = 0
    oldest_wait_seconds: float | None = None


class WorkPoolOverview(Waiting):
    """A pool, how it is used, and what waits for it.

    ``active_slots`` are the runs PENDING or RUNNING. ``started_per_minute`` counts the starts of the
    last whole minutes, the newest last; null where too much has started since to count so far back.
    """

    id: UUID
    name: str
    description: str | None = None
    type: str
    status: WorkPoolStatus | None = None
    is_paused: bool
    pause_reason: str | None = None
    paused_since: Timestamp | None = None
    concurrency_limit: int | None = None
    active_slots: int = 0
    online_workers: int = 0
    work_queue_count: int = 0
    started_per_minute: list[int | None] = Field(default_factory=list)


class WorkQueueOverview(Waiting):
    """A queue of a pool, its slots in use, and what waits in it."""

    id: UUID
    name: str
    description: str | None = None
    priority: int
    status: WorkQueueStatus | None = None
    is_paused: bool
    is_default: bool
    concurrency_limit: int | None = None
    active_slots: int = 0
    last_polled: Timestamp | None = None
