"""Events of work pools (workers.md 5)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.orm_models import Event, WorkPool
from penstock.server.events.changes import ChangedFields
from penstock.server.events.resources import labels, work_pool_labels

UPDATE_FIELDS = ("description", "base_job_template", "concurrency_limit", "storage_configuration")
"""The fields whose change is announced, in the order in which the event names them."""

FOLLOWS_WITHIN = timedelta(minutes=10)


def _event(name: str, work_pool: WorkPool, **fields: Any) -> Event:
    resource = work_pool_labels(work_pool)
    return Event(
        id=uuid7(),
        occurred=utc_now(),
        event=f"prefect.work-pool.{name}",
        resource_id=resource["prefect.resource.id"],
        resource=resource,
        **fields,
    )


def _related(work_pool: WorkPool) -> list[dict[str, Any]]:
    related = []
    if work_pool.default_queue_id is not None:
        related.append(labels("work-queue", work_pool.default_queue_id, None, "default-queue"))
    storage = work_pool.storage_configuration.default_result_storage_block_id
    if storage is not None:
        related.append(labels("block-document", storage, None, "result-storage"))
    return related


def work_pool_created(work_pool: WorkPool) -> Event:
    """Build the event of a new pool."""
    return _event("created", work_pool, related=_related(work_pool))


def work_pool_deleted(work_pool: WorkPool, left_behind: dict[str, Any] | None = None) -> Event:
    """Build the event of a pool about to go; ``left_behind`` says how many runs stay without a queue."""
    return _event("deleted", work_pool, related=_related(work_pool), payload=left_behind or {})


def work_pool_updated(work_pool: WorkPool, changed: ChangedFields) -> Event:
    """Build the event of a changed pool; the payload says from what to what."""
    return _event("updated", work_pool, payload=update_payload(changed))


def work_pool_status(
    event_id: UUID, occurred: datetime, before: WorkPool | None, work_pool: WorkPool
) -> Event:
    """Build the event of a pool's new status.

    It follows the previous status event when that one is less than ten minutes older.
    """
    resource = work_pool_labels(work_pool, role=None)
    return Event(
        id=event_id,
        occurred=occurred,
        event=f"prefect.work-pool.{work_pool.status.in_kebab_case()}",
        resource_id=resource["prefect.resource.id"],
        resource=resource,
        follows=_followed(before, occurred),
    )


def _followed(before: WorkPool | None, occurred: datetime) -> UUID | None:
    if before is None or before.last_transitioned_status_at is None:
        return None
    recent = occurred - before.last_transitioned_status_at < FOLLOWS_WITHIN
    return before.last_status_event_id if recent else None


def update_payload(changed: ChangedFields) -> dict[str, Any]:
    """Return the payload of an *updated* event."""
    return {"updated_fields": list(changed), "updates": changed}
