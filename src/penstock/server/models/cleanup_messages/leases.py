"""Who has a message and for how long; leases are judged by the database's clock."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.announcements import announce
from penstock.server.database.expressions import database_now, seconds_before_now

LEASE_SECONDS = 30.0
MAX_DELIVERY_ATTEMPTS = 3
ATTEMPTS_USED_UP = "max_delivery_attempts_reached"
NOBODY_TOOK_IT = "no worker that could do it asked for it in time"


def cleanup_topic(work_pool_id: UUID) -> str:
    """Return the topic that is announced when a pool has something to clean up."""
    return f"cleanup-{work_pool_id}"


@db_injector
async def expire_cleanup_leases(
    db: DBInterface,
    session: AsyncSession,
    limit: int = 100,
    work_pool_id: UUID | None = None,
    max_attempts: int = MAX_DELIVERY_ATTEMPTS,
) -> int:
    """Take back messages whose lease is over, and return how many.

    Each waits again, or is given up when its attempts are used up.

    Raises:
        ValueError: the limit is less than 1.
    """
    if limit < 1:
        raise ValueError("The limit must be at least 1.")
    overdue = sa.select(db.CleanupMessage).where(is_overdue(db), db.CleanupMessage.settled_at.is_(None))
    if work_pool_id is not None:
        overdue = overdue.where(db.CleanupMessage.work_pool_id == work_pool_id)
    rows = await session.scalars(
        overdue.order_by(db.CleanupMessage.lease_expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    expired = 0
    for row in rows.all():
        give_back(session, row, max_attempts)
        expired += 1
    await session.flush()
    return expired


@db_injector
async def give_up_untaken_cleanup(
    db: DBInterface, session: AsyncSession, after_seconds: float, limit: int = 100
) -> int:
    """Give up messages that have waited for so long that nobody will take them; returns how many.

    Their infrastructure is on a machine without a worker, or nothing is known of it.
    """
    untaken = await session.scalars(
        sa.select(db.CleanupMessage)
        .where(
            db.CleanupMessage.settled_at.is_(None),
            db.CleanupMessage.reservation_token.is_(None),
            db.CleanupMessage.updated < seconds_before_now(sa.literal(after_seconds, sa.Double())),
        )
        .order_by(db.CleanupMessage.created)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    rows = untaken.all()
    for row in rows:
        settle(row, NOBODY_TOOK_IT)
    await session.flush()
    return len(rows)


@db_injector
async def has_overdue_cleanup(db: DBInterface, session: AsyncSession) -> bool:
    """Return whether the lease of some message is over."""
    return bool(await session.scalar(sa.select(sa.exists().where(is_overdue(db)))))


def is_overdue(db: DBInterface) -> sa.ColumnElement[bool]:
    """Return the condition that a lease has run out."""
    return db.CleanupMessage.lease_expires_at <= database_now()


async def extend_lease(
    db: DBInterface, session: AsyncSession, row: orm_models.CleanupMessage, lease_seconds: float
) -> None:
    """Begin the lease anew."""
    end = seconds_before_now(sa.literal(-lease_seconds, sa.Double()))
    await session.execute(
        sa.update(db.CleanupMessage)
        .where(db.CleanupMessage.id == row.id)
        .values(lease_expires_at=end)
        .execution_options(synchronize_session=False)
    )
    await session.refresh(row)


def settle(row: orm_models.CleanupMessage, dead_letter_reason: str | None = None) -> None:
    """Mark the message as done, or as given up."""
    row.settled_at = utc_now()
    row.dead_letter_reason = dead_letter_reason
    row.reservation_token = None
    row.lease_expires_at = None


def give_back(
    session: AsyncSession, row: orm_models.CleanupMessage, max_attempts: int, why: str = ATTEMPTS_USED_UP
) -> None:
    """Let the message wait for another worker, or give it up, saying why, when its attempts are used up."""
    if row.delivery_count >= max_attempts:
        settle(row, why)
        return
    row.reservation_token = None
    row.lease_expires_at = None
    announce(session, cleanup_topic(row.work_pool_id))
