"""Taking messages in and handing them out."""

import secrets
from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.announcements import announce
from penstock.server.database.expressions import json_text
from penstock.server.models.cleanup_messages.leases import (
    LEASE_SECONDS,
    MAX_DELIVERY_ATTEMPTS,
    cleanup_topic,
    expire_cleanup_leases,
    extend_lease,
    is_overdue,
)


@db_injector
async def enqueue_cleanup_message(
    db: DBInterface,
    session: AsyncSession,
    message_id: UUID,
    work_pool_id: UUID,
    kind: str,
    idempotency_key: str,
    work_queue_id: UUID | None = None,
    target: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> orm_models.CleanupMessage:
    """Take a message in, or return the one of that id or key, also when it is settled already.

    Waiting dispatchers, on all servers, are told when the transaction commits.

    Raises:
        ValueError: the key is empty, or the id belongs to a message of another pool or key.
    """
    if not idempotency_key:
        raise ValueError("A cleanup message needs an idempotency key.")
    now = utc_now()
    values = {
        "id": message_id,
        "created": now,
        "updated": now,
        "work_pool_id": work_pool_id,
        "work_queue_id": work_queue_id,
        "kind": kind,
        "idempotency_key": idempotency_key,
        "target": target or {},
        "data": data or {},
        "delivery_count": 0,
    }
    await session.execute(db.dialect.insert_or_ignore(db.CleanupMessage, [values]))
    by_key = sa.and_(
        db.CleanupMessage.work_pool_id == work_pool_id,
        db.CleanupMessage.idempotency_key == idempotency_key,
    )
    rows = (
        await session.scalars(
            sa.select(db.CleanupMessage).where(sa.or_(db.CleanupMessage.id == message_id, by_key))
        )
    ).all()
    row = next((row for row in rows if row.id == message_id), rows[0])
    if row.work_pool_id != work_pool_id or row.idempotency_key != idempotency_key:
        raise ValueError(f"The cleanup message '{message_id}' exists with another pool or another key.")
    if row.settled_at is None and row.reservation_token is None:
        announce(session, cleanup_topic(work_pool_id))
    return row


@db_injector
async def has_waiting_cleanup(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    kinds: Collection[str],
    hosts: Collection[str] | None = None,
) -> bool:
    """Return whether some message of these kinds, and of these machines, could be handed out now."""
    waiting = sa.exists().where(
        db.CleanupMessage.work_pool_id == work_pool_id,
        db.CleanupMessage.settled_at.is_(None),
        db.CleanupMessage.kind.in_(kinds),
        sa.or_(db.CleanupMessage.reservation_token.is_(None), is_overdue(db)),
        *_is_on(db, hosts),
    )
    return bool(await session.scalar(sa.select(waiting)))


@db_injector
async def reserve_cleanup_message(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    kinds: Collection[str],
    preferred_queue_ids: Collection[UUID] = (),
    fallback: bool = True,
    hosts: Collection[str] | None = None,
    lease_seconds: float = LEASE_SECONDS,
    max_attempts: int = MAX_DELIVERY_ATTEMPTS,
) -> orm_models.CleanupMessage | None:
    """Hand out the oldest message that waits, under a new token and a lease.

    Args:
        preferred_queue_ids: messages of these queues, and those of no queue, go first.
        fallback: whether messages of other queues may follow.
        hosts: only messages whose infrastructure is on one of these machines; None for all.
    """
    await expire_cleanup_leases(session=session, work_pool_id=work_pool_id, max_attempts=max_attempts)
    preferred = sa.or_(
        db.CleanupMessage.work_queue_id.is_(None),
        db.CleanupMessage.work_queue_id.in_(preferred_queue_ids),
    )
    waiting = sa.select(db.CleanupMessage).where(
        db.CleanupMessage.work_pool_id == work_pool_id,
        db.CleanupMessage.settled_at.is_(None),
        db.CleanupMessage.reservation_token.is_(None),
        db.CleanupMessage.kind.in_(kinds),
        *_is_on(db, hosts),
    )
    if not fallback:
        waiting = waiting.where(preferred)
    row = await session.scalar(
        waiting.order_by(sa.case((preferred, 0), else_=1), db.CleanupMessage.created, db.CleanupMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    row.delivery_count += 1
    row.reservation_token = secrets.token_urlsafe(32)
    await session.flush()
    await extend_lease(db, session, row, lease_seconds)
    return row


def _is_on(db: DBInterface, hosts: Collection[str] | None) -> list[sa.ColumnElement[bool]]:
    """Return what tells the machine: infrastructure ids of processes have the form ``host:pid``."""
    if hosts is None:
        return []
    infrastructure = json_text(db.CleanupMessage.target, sa.literal_column("'infrastructure_pid'"))
    on_host = [sa.cast(infrastructure, sa.Text).startswith(f"{host}:", autoescape=True) for host in hosts]
    return [sa.or_(sa.false(), *on_host)]
