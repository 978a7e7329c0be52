"""The server's default result storage."""

from uuid import UUID

from penstock.schemas.foundations import WireModel


class ServerDefaultResultStorage(WireModel):
    """The block in which clients keep results unless told otherwise; null: where they run."""

    default_result_storage_block_id: UUID | None = None
