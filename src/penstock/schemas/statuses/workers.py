"""Statuses of workers."""

from penstock.schemas.statuses.kebab_case import KebabCaseEnum


class WorkerStatus(KebabCaseEnum):
    """Whether the worker's heartbeats arrive."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"
