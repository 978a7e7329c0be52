"""Orders of deployments."""

from enum import StrEnum


class DeploymentSort(StrEnum):
    """How a listing of deployments is ordered."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
