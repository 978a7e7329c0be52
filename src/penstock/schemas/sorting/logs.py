"""Orders of logs."""

from enum import StrEnum


class LogSort(StrEnum):
    """How a listing of logs is ordered."""

    TIMESTAMP_ASC = "TIMESTAMP_ASC"
    TIMESTAMP_DESC = "TIMESTAMP_DESC"
