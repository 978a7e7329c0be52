"""``log``: what runs wrote, append only (orchestration.md 5.7)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base


class Log(Base):
    """One line of a run's log. Runs are not referenced by a key: logs may come first."""

    __tablename__ = "log"
    __table_args__ = (
        sa.Index("ix_log__flow_run_id__timestamp__id", "flow_run_id", "timestamp", "id"),
        sa.Index("ix_log__timestamp__id", "timestamp", "id"),
    )

    name: Mapped[str]
    level: Mapped[int] = mapped_column(sa.SmallInteger())
    message: Mapped[str]
    timestamp: Mapped[datetime]
    flow_run_id: Mapped[UUID | None]
    task_run_id: Mapped[UUID | None]
