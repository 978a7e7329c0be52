"""``worker``: a process that sends heartbeats to a work pool (workers.md 1.3)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column

from penstock.schemas.statuses import WorkerStatus
from penstock.server.database.expressions import database_now, seconds_before_now
from penstock.server.database.tables.base import Base
from penstock.server.database.types import enum_type

SILENT_AFTER_INTERVALS = 3
FALLBACK_HEARTBEAT_INTERVAL_SECONDS = 30


class Worker(Base):
    """A worker; its identity is (pool, name).

    ``status`` is not stored: it is ONLINE while the last heartbeat is younger than three
    intervals by the database's clock, so it can't fall out of step (workers.md 8.11).
    """

    __tablename__ = "worker"
    __table_args__ = (
        sa.UniqueConstraint("work_pool_id", "name"),
        sa.Index(None, "work_pool_id", "last_heartbeat_time"),
    )

    work_pool_id: Mapped[UUID] = mapped_column(sa.ForeignKey("work_pool.id", ondelete="CASCADE"))
    name: Mapped[str]
    last_heartbeat_time: Mapped[datetime] = mapped_column(default=database_now())
    heartbeat_interval_seconds: Mapped[int | None] = mapped_column()
    draining_since: Mapped[datetime | None]
    """Since when it is given no more runs; null for a worker that is given runs."""

    status: Mapped[WorkerStatus] = column_property(
        sa.case(
            (
                last_heartbeat_time
                > seconds_before_now(
                    SILENT_AFTER_INTERVALS
                    * sa.func.coalesce(heartbeat_interval_seconds, FALLBACK_HEARTBEAT_INTERVAL_SECONDS)
                ),
                sa.literal(WorkerStatus.ONLINE, enum_type(WorkerStatus)),
            ),
            else_=sa.literal(WorkerStatus.OFFLINE, enum_type(WorkerStatus)),
        )
    )
