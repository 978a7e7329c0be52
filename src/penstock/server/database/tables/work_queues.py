"""``work_queue``: a prioritised lane inside one work pool (workers.md 1.3)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.schemas.core import QueueFilter
from penstock.schemas.statuses import WorkQueueStatus
from penstock.server.database.tables.base import Base
from penstock.server.database.types import PydanticJSON, enum_type


class WorkQueue(Base):
    """A lane with its own priority, pause and limit; a lower priority number goes first."""

    __tablename__ = "work_queue"
    __table_args__ = (
        sa.UniqueConstraint("work_pool_id", "name"),
        sa.Index(None, "work_pool_id", "priority"),
    )

    name: Mapped[str]
    filter: Mapped[QueueFilter | None] = mapped_column(PydanticJSON(QueueFilter))
    description: Mapped[str] = mapped_column(default="")
    is_paused: Mapped[bool] = mapped_column(default=False)
    paused_since: Mapped[datetime | None]
    """Since when it is paused; null while it is not."""

    paused_by: Mapped[str | None]
    pause_reason: Mapped[str | None]
    concurrency_limit: Mapped[int | None]
    priority: Mapped[int]
    last_polled: Mapped[datetime | None]
    status: Mapped[WorkQueueStatus] = mapped_column(
        enum_type(WorkQueueStatus), default=WorkQueueStatus.NOT_READY
    )
    work_pool_id: Mapped[UUID] = mapped_column(sa.ForeignKey("work_pool.id", ondelete="CASCADE"))
