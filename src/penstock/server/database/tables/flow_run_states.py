"""``flow_run_state``: the history of every run, append only (orchestration.md 5.5)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.core.clock import utc_now
from penstock.schemas.states import StateDetails, StateType
from penstock.server.database.tables.base import Base
from penstock.server.database.types import JSON, PydanticJSON, enum_type


class FlowRunState(Base):
    """One state a run has been in; timestamps of a run are unique."""

    __tablename__ = "flow_run_state"
    __table_args__ = (sa.UniqueConstraint("flow_run_id", "timestamp"),)

    flow_run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("flow_run.id", ondelete="CASCADE"))
    type: Mapped[StateType] = mapped_column(enum_type(StateType))
    name: Mapped[str]
    timestamp: Mapped[datetime] = mapped_column(default=utc_now)
    message: Mapped[str | None]
    state_details: Mapped[StateDetails] = mapped_column(PydanticJSON(StateDetails), default=StateDetails)
    data: Mapped[Any | None] = mapped_column(JSON)
