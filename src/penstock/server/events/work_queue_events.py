"""Events of work queues (workers.md 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.orm_models import Event, WorkPool, WorkQueue
from penstock.server.events.changes import ChangedFields
from penstock.server.events.resources import work_pool_labels, work_queue_labels
from penstock.server.events.work_pool_events import update_payload

DELETED = "prefect.work-queue.deleted"
UPDATE_FIELDS = ("name", "description", "concurrency_limit", "priority")
"""The fields whose change is announced, in the order in which the event names them."""


def _event(
    name: str, work_queue: WorkQueue, work_pool: WorkPool | None, payload: dict[str, Any] | None = None
) -> Event:
    resource = work_queue_labels(work_queue)
    return Event(
        id=uuid7(),
        occurred=utc_now(),
        event=f"prefect.work-queue.{name}",
        resource_id=resource["prefect.resource.id"],
        resource=resource,
        related=[] if work_pool is None else [work_pool_labels(work_pool)],
        payload=payload or {},
    )


def work_queue_created(work_queue: WorkQueue, work_pool: WorkPool | None) -> Event:
    """Build the event of a new queue."""
    return _event("created", work_queue, work_pool)


@dataclass(frozen=True, slots=True)
class Moved:
    """What went from a queue that goes to another one."""

    to: WorkQueue
    runs: int
    deployments: int

    @property
    def payload(self) -> dict[str, Any]:
        """What the event says of it; nothing where nothing moved."""
        if not self.runs and not self.deployments:
            return {}
        return {
            "moved_runs": self.runs,
            "moved_deployments": self.deployments,
            "moved_to": self.to.name,
            "moved_to_id": str(self.to.id),
        }


def work_queue_deleted(
    work_queue: WorkQueue, work_pool: WorkPool | None, moved: Moved | None = None
) -> Event:
    """Build the event of a queue that goes."""
    return _event("deleted", work_queue, work_pool, moved.payload if moved is not None else None)


def gave_runs_to(payload: Mapping[str, Any], work_queue_id: UUID) -> bool:
    """Return whether runs went to that queue, by the payload of a *deleted* event."""
    return bool(payload.get("moved_runs")) and payload.get("moved_to_id") == str(work_queue_id)


def work_queue_updated(work_queue: WorkQueue, work_pool: WorkPool | None, changed: ChangedFields) -> Event:
    """Build the event of a changed queue, under its new name."""
    return _event("updated", work_queue, work_pool, update_payload(changed))


def work_queue_status(work_queue: WorkQueue, work_pool: WorkPool | None) -> Event:
    """Build the event of a queue's new status."""
    return _event(work_queue.status.in_kebab_case(), work_queue, work_pool)
