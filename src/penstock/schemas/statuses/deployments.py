"""Statuses of deployments."""

from penstock.schemas.statuses.kebab_case import KebabCaseEnum


class DeploymentStatus(KebabCaseEnum):
    """Whether somebody polls for the deployment's runs."""

    READY = "READY"
    NOT_READY = "NOT_READY"
