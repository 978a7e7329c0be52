"""``cleanup_message``: what workers are asked to tear down (workers.md 6.4)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base


class CleanupMessage(Base):
    """One unit of cleanup, handed to one worker at a time under a lease.

    A row that is settled stays, so that the same message is not taken in again.
    """

    __tablename__ = "cleanup_message"
    __table_args__ = (sa.UniqueConstraint("work_pool_id", "idempotency_key"),)

    work_pool_id: Mapped[UUID] = mapped_column(sa.ForeignKey("work_pool.id", ondelete="CASCADE"))
    work_queue_id: Mapped[UUID | None]
    kind: Mapped[str]
    idempotency_key: Mapped[str]
    target: Mapped[dict[str, Any]] = mapped_column(default=dict)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    delivery_count: Mapped[int] = mapped_column(default=0)
    reservation_token: Mapped[str | None]
    lease_expires_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    dead_letter_reason: Mapped[str | None]


_message = CleanupMessage.__table__.c

WAITING_INDEX = sa.Index(
    "ix_cleanup_message__waiting",
    _message.work_pool_id,
    _message.created,
    _message.id,
    sqlite_where=_message.settled_at.is_(None),
    postgresql_where=_message.settled_at.is_(None),
)
"""What is still to be done, in the order in which it came."""

LEASE_INDEX = sa.Index(
    "ix_cleanup_message__leases",
    _message.lease_expires_at,
    sqlite_where=_message.lease_expires_at.is_not(None),
    postgresql_where=_message.lease_expires_at.is_not(None),
)
