"""Whether pools, queues, workers and deployments are ready (workers.md 1.5)."""

from penstock.schemas.statuses.deployments import DeploymentStatus
from penstock.schemas.statuses.kebab_case import KebabCaseEnum
from penstock.schemas.statuses.work_pools import WorkPoolStatus
from penstock.schemas.statuses.work_queues import WorkQueueStatus
from penstock.schemas.statuses.workers import WorkerStatus

__all__ = ["DeploymentStatus", "KebabCaseEnum", "WorkPoolStatus", "WorkQueueStatus", "WorkerStatus"]
