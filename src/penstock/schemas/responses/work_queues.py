"""Work queues as answered."""

from typing import Any, Self
from uuid import UUID

from penstock.schemas.core.work_queues import QueueFilter
from penstock.schemas.foundations import RecordModel
from penstock.schemas.statuses import WorkQueueStatus
from penstock.schemas.timestamps import Timestamp


class WorkQueueResponse(RecordModel):
    """A work queue. ``active_slots`` is told only for queues with a limit."""

    name: str
    description: str | None = ""
    is_paused: bool = False
    concurrency_limit: int | None = None
    priority: int = 1
    work_pool_id: UUID | None = None
    filter: QueueFilter | None = None
    last_polled: Timestamp | None = None
    work_pool_name: str | None = None
    status: WorkQueueStatus | None = None
    active_slots: int | None = None

    @classmethod
    def from_row(cls, row: Any, work_pool_name: str | None = None, active_slots: int | None = None) -> Self:
        """Return a row of the queue table; slots are left out when the queue has no limit."""
        queue = cls.model_validate(row)
        queue.work_pool_name = work_pool_name
        if queue.concurrency_limit is not None:
            queue.active_slots = active_slots or 0
        return queue
