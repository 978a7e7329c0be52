"""``flow_run_input``: what people and flows say to a run (orchestration.md 4.10)."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base


class FlowRunInput(Base):
    """A text under a key of a run; it goes with the run."""

    __tablename__ = "flow_run_input"
    __table_args__ = (sa.UniqueConstraint("flow_run_id", "key"),)

    flow_run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("flow_run.id", ondelete="CASCADE"))
    key: Mapped[str]
    value: Mapped[str]
    sender: Mapped[str | None]
