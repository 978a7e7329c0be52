"""Orders of artifacts and of their collections."""

from enum import StrEnum


class ArtifactSort(StrEnum):
    """What a list of artifacts or collections is ordered by."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    ID_DESC = "ID_DESC"
    KEY_DESC = "KEY_DESC"
    KEY_ASC = "KEY_ASC"
