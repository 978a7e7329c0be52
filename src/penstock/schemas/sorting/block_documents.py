"""Orders of block documents."""

from enum import StrEnum


class BlockDocumentSort(StrEnum):
    """What a list of block documents is ordered by."""

    NAME_DESC = "NAME_DESC"
    NAME_ASC = "NAME_ASC"
    BLOCK_TYPE_AND_NAME_ASC = "BLOCK_TYPE_AND_NAME_ASC"
