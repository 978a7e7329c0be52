"""``concurrency_limit_v2`` and the leases that hold its slots (orchestration.md 5.9)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column

from penstock.core.ids import uuid7
from penstock.server.database.expressions import database_now
from penstock.server.database.tables.base import Base

CONCURRENCY_LEASE_LIMIT = sa.Table(
    "concurrency_lease_limit",
    Base.metadata,
    sa.Column(
        "limit_id", sa.Uuid(), sa.ForeignKey("concurrency_limit_v2.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column(
        "lease_id", sa.Uuid(), sa.ForeignKey("concurrency_lease.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("slots", sa.Integer(), nullable=False),
    sa.Index("ix_concurrency_lease_limit__lease_id", "lease_id"),
)
"""How many slots of a limit a lease holds; none where slots come back by decay alone."""

_held = CONCURRENCY_LEASE_LIMIT.c


class ConcurrencyLease(Base):
    """Slots lent to a holder. They are taken while the row exists; deleting it is what frees them."""

    __tablename__ = "concurrency_lease"

    created: Mapped[datetime] = mapped_column(default=database_now())
    slots: Mapped[int]
    expires_at: Mapped[datetime | None]
    """By the database's clock; null for one that ends only with its holder."""
    holder_type: Mapped[str | None]
    holder_id: Mapped[UUID | None]
    flow_run_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("flow_run.id", ondelete="CASCADE"))
    """The run whose slot of its deployment this is."""
    task_run_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("task_run.id", ondelete="CASCADE"))
    """The task run whose slot of a tag this is."""

    __table_args__ = (
        sa.UniqueConstraint("flow_run_id"),
        sa.Index("ix_concurrency_lease__expires_at", "expires_at"),
        sa.Index("ix_concurrency_lease__holder_id", "holder_id"),
        sa.Index("ix_concurrency_lease__task_run_id", "task_run_id"),
    )


class ConcurrencyLimit(Base):
    """A named limit. ``active_slots`` counts what is taken without a lease.

    With a decay the two counts sink all the time; they were right at ``counted_at``.
    """

    __tablename__ = "concurrency_limit_v2"
    __table_args__ = (sa.UniqueConstraint("name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    active: Mapped[bool] = mapped_column(default=True)
    name: Mapped[str]
    limit: Mapped[int]
    active_slots: Mapped[float] = mapped_column(default=0.0)
    denied_slots: Mapped[float] = mapped_column(default=0.0)
    slot_decay_per_second: Mapped[float] = mapped_column(default=0.0)
    avg_slot_occupancy_seconds: Mapped[float] = mapped_column(default=2.0)
    counted_at: Mapped[datetime] = mapped_column(default=database_now())

    read_at: Mapped[datetime] = column_property(database_now())
    """When the row was read, by the database's clock."""
    leased_slots: Mapped[int] = column_property(
        sa.select(sa.func.coalesce(sa.func.sum(_held.slots), 0))
        .where(_held.limit_id == id)  # noqa: A003 - the column above
        .correlate_except(CONCURRENCY_LEASE_LIMIT)
        .scalar_subquery()
    )
    """What is taken by leases."""
