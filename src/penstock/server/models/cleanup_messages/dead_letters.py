"""What was given up: infrastructure that may still be there though its run has ended."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.announcements import announce
from penstock.server.models.cleanup_messages.leases import cleanup_topic


class DeadLetter(NamedTuple):
    """A message that was given up, and the name of its pool."""

    message: orm_models.CleanupMessage
    work_pool_name: str


@db_injector
async def read_dead_letters(
    db: DBInterface,
    session: AsyncSession,
    work_pool_names: Sequence[str] | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> list[DeadLetter]:
    """Read what was given up, the newest first; ``work_pool_names`` None for all pools."""
    rows = await session.execute(
        sa.select(db.CleanupMessage, db.WorkPool.name)
        .join(db.WorkPool, db.WorkPool.id == db.CleanupMessage.work_pool_id)
        .where(*_is_dead(db, work_pool_names))
        .order_by(db.CleanupMessage.settled_at.desc(), db.CleanupMessage.id)
        .limit(limit)
        .offset(offset)
    )
    return [DeadLetter(message, name) for message, name in rows]


@db_injector
async def count_dead_letters(
    db: DBInterface, session: AsyncSession, work_pool_names: Sequence[str] | None = None
) -> int:
    """Count what was given up."""
    statement = (
        sa.select(sa.func.count())
        .select_from(db.CleanupMessage)
        .join(db.WorkPool, db.WorkPool.id == db.CleanupMessage.work_pool_id)
        .where(*_is_dead(db, work_pool_names))
    )
    return await session.scalar(statement) or 0


@db_injector
async def retry_dead_letter(db: DBInterface, session: AsyncSession, message_id: UUID) -> bool:
    """Let a message that was given up be handed out again, as often as a new one.

    Returns whether there was one of that id.
    """
    row = await _lock(db, session, message_id)
    if row is None:
        return False
    row.settled_at = None
    row.dead_letter_reason = None
    row.delivery_count = 0
    await session.flush()
    announce(session, cleanup_topic(row.work_pool_id))
    return True


@db_injector
async def forget_dead_letter(db: DBInterface, session: AsyncSession, message_id: UUID) -> bool:
    """Take a message off the list: somebody has seen to it. It is not taken in again.

    Returns whether there was one of that id.
    """
    row = await _lock(db, session, message_id)
    if row is None:
        return False
    row.dead_letter_reason = None
    await session.flush()
    return True


async def _lock(db: DBInterface, session: AsyncSession, message_id: UUID) -> orm_models.CleanupMessage | None:
    return await session.scalar(
        sa.select(db.CleanupMessage)
        .where(db.CleanupMessage.id == message_id, *_is_dead(db, None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _is_dead(db: DBInterface, work_pool_names: Sequence[str] | None) -> list[sa.ColumnElement[bool]]:
    dead: list[sa.ColumnElement[bool]] = [
        db.CleanupMessage.dead_letter_reason.is_not(None),
        db.CleanupMessage.settled_at.is_not(None),
    ]
    if work_pool_names is not None:
        dead.append(db.WorkPool.name.in_(work_pool_names))
    return dead
