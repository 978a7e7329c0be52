"""Work queues and their health."""

from uuid import UUID

from pydantic import Field

from penstock.schemas.filters.operators import AnyOf, FewOf
from penstock.schemas.foundations import RecordModel, WireModel
from penstock.schemas.names import Name
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import Limit, Priority, Text


class QueueFilter(WireModel):
    """Which runs an old tag queue takes; both conditions must hold."""

    tags: FewOf[Text] | None = None
    deployment_ids: AnyOf[UUID] | None = None


class WorkQueue(RecordModel):
    """A lane of a pool; a lower priority number goes first."""

    name: Name
    description: Text | None = ""
    is_paused: bool = False
    concurrency_limit: Limit | None = None
    priority: Priority = 1
    work_pool_id: UUID | None = None
    filter: QueueFilter | None = None
    last_polled: Timestamp | None = None


class WorkQueueHealthPolicy(WireModel):
    """When a queue counts as healthy."""

    maximum_late_runs: int | None = 0
    maximum_seconds_since_last_polled: int | None = 60

    def is_healthy(self, late_runs_count: int, seconds_since_last_polled: float | None) -> bool:
        """False with more late runs than allowed, or when nobody polled lately or ever (None)."""
        if self.maximum_late_runs is not None and late_runs_count > self.maximum_late_runs:
            return False
        if self.maximum_seconds_since_last_polled is None:
            return True
        return (
            seconds_since_last_polled is not None
            and seconds_since_last_polled <= self.maximum_seconds_since_last_polled
        )


class WorkQueueStatusDetail(WireModel):
    """The health of a queue and what it was judged by."""

    healthy: bool
    late_runs_count: int = 0
    last_polled: Timestamp | None = None
    health_check_policy: WorkQueueHealthPolicy = Field(default_factory=WorkQueueHealthPolicy)
