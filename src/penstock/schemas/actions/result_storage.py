"""Choosing the default result storage."""

from uuid import UUID

from penstock.schemas.foundations import ActionModel


class ServerDefaultResultStorageUpdate(ActionModel):
    """The block in which clients are to keep results."""

    default_result_storage_block_id: UUID
