"""Orders of flows."""

from enum import StrEnum


class FlowSort(StrEnum):
    """How a listing of flows is ordered."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
