"""``task_run``: one task of a flow run (orchestration.md 5.6)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.schemas.core import TaskRunPolicy
from penstock.schemas.states import StateDetails, StateType
from penstock.server.database.tables.base import Base
from penstock.server.database.tables.current_state import CurrentState
from penstock.server.database.types import JSON, PydanticJSON, enum_type


class TaskRun(CurrentState, Base):
    """A task run with its current state in the row itself; the history is in ``task_run_state``."""

    __tablename__ = "task_run"

    name: Mapped[str]
    flow_run_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("flow_run.id", ondelete="CASCADE"))
    task_key: Mapped[str]
    dynamic_key: Mapped[str]
    cache_key: Mapped[str | None]
    cache_expiration: Mapped[datetime | None]
    task_version: Mapped[str | None]
    flow_run_run_count: Mapped[int] = mapped_column(default=0)
    empirical_policy: Mapped[TaskRunPolicy] = mapped_column(
        PydanticJSON(TaskRunPolicy), default=TaskRunPolicy
    )
    task_inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tags: Mapped[list[str]] = mapped_column(default=list)
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)

    state_id: Mapped[UUID | None]
    state_type: Mapped[StateType | None] = mapped_column(enum_type(StateType))
    state_name: Mapped[str | None]
    state_timestamp: Mapped[datetime | None]
    state_message: Mapped[str | None]
    state_details: Mapped[StateDetails | None] = mapped_column(PydanticJSON(StateDetails))
    state_data: Mapped[Any | None] = mapped_column(JSON)

    run_count: Mapped[int] = mapped_column(default=0)
    expected_start_time: Mapped[datetime | None]
    next_scheduled_start_time: Mapped[datetime | None]
    start_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]
    total_run_time: Mapped[float] = mapped_column(default=0.0)

    __table_args__ = (
        sa.UniqueConstraint("flow_run_id", "task_key", "dynamic_key"),
        sa.Index("ix_task_run__flow_run_id__state_type", "flow_run_id", "state_type"),
        sa.Index("ix_task_run__expected_start_time__id", "expected_start_time", "id"),
    )
