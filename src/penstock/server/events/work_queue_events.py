"""Events of work queues (workers.md 5)."""

from typing import Any

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.orm_models import Event, WorkPool, WorkQueue
from penstock.server.events.changes import ChangedFields
from penstock.server.events.resources import work_pool_labels, work_queue_labels
from penstock.server.events.work_pool_events import update_payload

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


def work_queue_deleted(
    work_queue: WorkQueue, work_pool: WorkPool | None, moved: dict[str, Any] | None = None
) -> Event:
    """Build the event of a queue that goes; ``moved`` says what went from it to which other queue."""
    return _event("deleted", work_queue, work_pool, moved)


def work_queue_updated(work_queue: WorkQueue, work_pool: WorkPool | None, changed: ChangedFields) -> Event:
    """Build the event of a changed queue, under its new name."""
    return _event("updated", work_queue, work_pool, update_payload(changed))


def work_queue_status(work_queue: WorkQueue, work_pool: WorkPool | None) -> Event:
    """Build the event of a queue's new status."""
    return _event(work_queue.status.in_kebab_case(), work_queue, work_pool)
