"""Statuses of work pools."""

from penstock.schemas.statuses.kebab_case import KebabCaseEnum


class WorkPoolStatus(KebabCaseEnum):
    """Whether workers serve the pool."""

    READY = "READY"
    NOT_READY = "NOT_READY"
    PAUSED = "PAUSED"
