"""The server's default result storage (orchestration.md 4.12)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ObjectNotFoundError
from penstock.server.database import DBInterface, db_injector
from penstock.server.models import configurations

CONFIGURATION_KEY = "DEFAULT_RESULT_STORAGE"


@db_injector
async def read_default_result_storage(db: DBInterface, session: AsyncSession) -> UUID | None:
    """Read which block document is the default; None when none is, or it was deleted."""
    stored = await configurations.read_configuration(session=session, key=CONFIGURATION_KEY)
    if stored is None:
        return None
    document = await session.get(db.BlockDocument, UUID(stored["block_document_id"]))
    return None if document is None else document.id


@db_injector
async def set_default_result_storage(db: DBInterface, session: AsyncSession, block_document_id: UUID) -> None:
    """Make a block document the default.

    Raises:
        ObjectNotFoundError: there is no such document.
    """
    if await session.get(db.BlockDocument, block_document_id) is None:
        raise ObjectNotFoundError("Block document", block_document_id)
    await configurations.write_configuration(
        session=session,
        key=CONFIGURATION_KEY,
        value={"block_document_id": str(block_document_id)},
    )


async def clear_default_result_storage(session: AsyncSession) -> None:
    """Let there be no default."""
    await configurations.delete_configuration(session=session, key=CONFIGURATION_KEY)
