"""The labels by which events name pools, queues, flows, deployments and runs (workers.md 5)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from penstock.server.database.orm_models import WorkPool, WorkQueue

Labels = dict[str, Any]


def labels(kind: str, object_id: UUID, name: str | None, role: str | None = None) -> Labels:
    """Return the labels of one resource; ``kind`` as in ``prefect.<kind>.<id>``."""
    found: Labels = {"prefect.resource.id": f"prefect.{kind}.{object_id}"}
    if name is not None:
        found["prefect.resource.name"] = name
    if role is not None:
        found["prefect.resource.role"] = role
    return found


def work_pool_labels(work_pool: WorkPool, role: str | None = "work-pool") -> Labels:
    """Return the labels of a work pool; its status events carry no role."""
    found = labels("work-pool", work_pool.id, work_pool.name, role)
    found["prefect.work-pool.type"] = work_pool.type
    return found


def work_queue_labels(work_queue: WorkQueue) -> Labels:
    """Return the labels of a work queue."""
    return labels("work-queue", work_queue.id, work_queue.name, "work-queue")


def tag_labels(tags: Iterable[str]) -> list[Labels]:
    """Return one resource per distinct tag, sorted."""
    return [
        {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"}
        for tag in sorted(set(tags))
    ]
