"""What an event about a run tells of its surroundings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from penstock.server.events.resources import Labels, labels, tag_labels


@dataclass(frozen=True)
class RunContext:
    """The flow, deployment, queue and pool of a run: ids, names and tags."""

    flow_id: UUID
    flow_name: str | None
    flow_tags: Sequence[str] = ()
    deployment_id: UUID | None = None
    deployment_name: str | None = None
    deployment_tags: Sequence[str] = ()
    work_queue_id: UUID | None = None
    work_queue_name: str | None = None
    work_pool_id: UUID | None = None
    work_pool_name: str | None = None
    work_pool_type: str | None = None

    def related(self, parent_task_run_id: UUID | None, tags: Sequence[str]) -> list[Labels]:
        """Return the related resources in the order of orchestration.md 6.1."""
        found = list(self._surroundings)
        if parent_task_run_id is not None:
            found.append(labels("task-run", parent_task_run_id, None, "task-run"))
        return found + tag_labels([*self.flow_tags, *self.deployment_tags, *tags])

    @cached_property
    def _surroundings(self) -> list[Labels]:
        found = [labels("flow", self.flow_id, self.flow_name, "flow")]
        if self.deployment_id is not None and self.deployment_name is not None:
            found.append(labels("deployment", self.deployment_id, self.deployment_name, "deployment"))
        if self.work_queue_id is not None:
            found.append(labels("work-queue", self.work_queue_id, self.work_queue_name, "work-queue"))
        if self.work_pool_id is not None:
            pool: dict[str, Any] = labels("work-pool", self.work_pool_id, self.work_pool_name, "work-pool")
            pool["prefect.work-pool.type"] = self.work_pool_type
            found.append(pool)
        return found
