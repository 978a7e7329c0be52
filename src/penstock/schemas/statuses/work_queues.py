"""Statuses of work queues."""

from penstock.schemas.statuses.kebab_case import KebabCaseEnum


class WorkQueueStatus(KebabCaseEnum):
    """Whether the queue has been polled lately."""

    READY = "READY"
    NOT_READY = "NOT_READY"
    PAUSED = "PAUSED"
