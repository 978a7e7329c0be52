"""``work_pool``: a kind of infrastructure with its job template and limit (workers.md 1.3)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.schemas.core import WorkPoolStorageConfiguration
from penstock.schemas.statuses import WorkPoolStatus
from penstock.server.database.tables.base import Base
from penstock.server.database.types import PydanticJSON, enum_type


class WorkPool(Base):
    """A named group of queues that one kind of worker serves."""

    __tablename__ = "work_pool"
    __table_args__ = (sa.UniqueConstraint("name"), sa.Index(None, "type"))

    name: Mapped[str]
    description: Mapped[str | None]
    type: Mapped[str]
    base_job_template: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_paused: Mapped[bool] = mapped_column(default=False)
    paused_since: Mapped[datetime | None]
    """Since when it is paused; null while it is not."""

    paused_by: Mapped[str | None]
    pause_reason: Mapped[str | None]
    default_queue_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("work_queue.id", ondelete="RESTRICT", use_alter=True)
    )
    concurrency_limit: Mapped[int | None]
    status: Mapped[WorkPoolStatus] = mapped_column(
        enum_type(WorkPoolStatus), default=WorkPoolStatus.NOT_READY
    )
    last_transitioned_status_at: Mapped[datetime | None]
    last_status_event_id: Mapped[UUID | None]
    storage_configuration: Mapped[WorkPoolStorageConfiguration] = mapped_column(
        PydanticJSON(WorkPoolStorageConfiguration), default=WorkPoolStorageConfiguration
    )
