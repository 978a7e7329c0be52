"""``task_run_state`` and ``task_run_state_cache`` (orchestration.md 5.6)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.core.clock import utc_now
from penstock.schemas.states import StateDetails, StateType
from penstock.server.database.tables.base import Base
from penstock.server.database.types import JSON, PydanticJSON, enum_type


class TaskRunState(Base):
    """One state a task run has been in; clients report them, in any order."""

    __tablename__ = "task_run_state"
    __table_args__ = (sa.Index("ix_task_run_state__task_run_id__timestamp", "task_run_id", "timestamp"),)

    task_run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("task_run.id", ondelete="CASCADE"))
    type: Mapped[StateType] = mapped_column(enum_type(StateType))
    name: Mapped[str]
    timestamp: Mapped[datetime] = mapped_column(default=utc_now)
    message: Mapped[str | None]
    state_details: Mapped[StateDetails] = mapped_column(PydanticJSON(StateDetails), default=StateDetails)
    data: Mapped[Any | None] = mapped_column(JSON)


class TaskRunStateCache(Base):
    """A completed state that later runs of the same cache key may take over."""

    __tablename__ = "task_run_state_cache"
    __table_args__ = (
        sa.Index("ix_task_run_state_cache__cache_key__created", "cache_key", "created"),
        sa.Index(None, "task_run_state_id"),
    )

    cache_key: Mapped[str]
    cache_expiration: Mapped[datetime | None]
    task_run_state_id: Mapped[UUID] = mapped_column(sa.ForeignKey("task_run_state.id", ondelete="CASCADE"))
