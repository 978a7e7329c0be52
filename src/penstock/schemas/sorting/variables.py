"""Orders of variables."""

from enum import StrEnum


class VariableSort(StrEnum):
    """What a list of variables is ordered by."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    NAME_DESC = "NAME_DESC"
    NAME_ASC = "NAME_ASC"
