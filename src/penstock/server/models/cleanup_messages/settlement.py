"""What a worker says about a message it was given: done, given back, or still at it."""

import secrets
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.models.cleanup_messages.leases import (
    ATTEMPTS_USED_UP,
    LEASE_SECONDS,
    MAX_DELIVERY_ATTEMPTS,
    expire_cleanup_leases,
    extend_lease,
    give_back,
    is_overdue,
    settle,
)
from penstock.server.models.cleanup_messages.results import CleanupResult, CleanupStatus


@db_injector
async def acknowledge_cleanup_message(
    db: DBInterface, session: AsyncSession, message_id: UUID, work_pool_id: UUID, token: str
) -> CleanupResult:
    """Settle a message: it is done, and stays known so that it is not taken in again."""
    row, status = await _current(db, session, message_id, work_pool_id, token)
    if row is not None and status is CleanupStatus.ACCEPTED:
        settle(row)
        await session.flush()
    return CleanupResult(status)


@db_injector
async def release_cleanup_message(
    db: DBInterface,
    session: AsyncSession,
    message_id: UUID,
    work_pool_id: UUID,
    token: str,
    reason: str,
    max_attempts: int = MAX_DELIVERY_ATTEMPTS,
    detail: str | None = None,
) -> CleanupResult:
    """Give a message back for another worker, or give it up when its attempts are used up.

    ``detail`` is a sentence about what stood in the way, for the list of what was given up.

    Raises:
        ValueError: the reason is empty.
    """
    if not reason:
        raise ValueError("A release needs a reason.")
    row, status = await _current(db, session, message_id, work_pool_id, token)
    if row is not None and status is CleanupStatus.ACCEPTED:
        give_back(session, row, max_attempts, detail or ATTEMPTS_USED_UP)
        await session.flush()
    return CleanupResult(status)


@db_injector
async def renew_cleanup_message(
    db: DBInterface,
    session: AsyncSession,
    message_id: UUID,
    work_pool_id: UUID,
    token: str,
    lease_seconds: float = LEASE_SECONDS,
) -> CleanupResult:
    """Begin the lease of a message anew."""
    row, status = await _current(db, session, message_id, work_pool_id, token)
    if row is None or status is not CleanupStatus.ACCEPTED:
        return CleanupResult(status)
    await extend_lease(db, session, row, lease_seconds)
    return CleanupResult(status, row.lease_expires_at)


async def _current(
    db: DBInterface, session: AsyncSession, message_id: UUID, work_pool_id: UUID, token: str
) -> tuple[orm_models.CleanupMessage | None, CleanupStatus]:
    found = (
        await session.execute(
            sa.select(db.CleanupMessage, is_overdue(db).label("overdue"))
            .where(db.CleanupMessage.id == message_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if found is None:
        return None, CleanupStatus.NOT_FOUND
    row, overdue = found
    if row.work_pool_id != work_pool_id:
        return row, CleanupStatus.UNAUTHORIZED
    status = _status(row, token, overdue)
    if status is CleanupStatus.EXPIRED:
        await expire_cleanup_leases(session=session, work_pool_id=work_pool_id)
    return row, status


def _status(row: orm_models.CleanupMessage, token: str, overdue: bool) -> CleanupStatus:
    if row.settled_at is not None:
        dead = row.dead_letter_reason is not None
        return CleanupStatus.DEAD_LETTERED if dead else CleanupStatus.NOT_FOUND
    if row.reservation_token is None:
        return CleanupStatus.NOT_CURRENT
    if not secrets.compare_digest(row.reservation_token.encode(), token.encode()):
        return CleanupStatus.INVALID_TOKEN
    return CleanupStatus.EXPIRED if overdue else CleanupStatus.ACCEPTED
