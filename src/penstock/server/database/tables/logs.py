"""``log``: what runs wrote, append only (orchestration.md 5.7)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.core.ids import uuid7
from penstock.server.database.tables.base import Base
from penstock.server.database.types import position_type


class Log(Base):
    """One line of a run's log. Runs are not referenced by a key: logs may come first.

    ``position`` rises with every insert and is never used twice, so that readers can follow
    the table (``tail``).
    """

    __tablename__ = "log"

    position: Mapped[int] = mapped_column(position_type(), sa.Identity(), primary_key=True)
    id: Mapped[UUID] = mapped_column(default=uuid7)
    name: Mapped[str]
    level: Mapped[int] = mapped_column(sa.SmallInteger())
    message: Mapped[str]
    timestamp: Mapped[datetime]
    flow_run_id: Mapped[UUID | None]
    task_run_id: Mapped[UUID | None]

    __table_args__ = (
        sa.UniqueConstraint("id"),
        sa.Index("ix_log__flow_run_id__timestamp__id", "flow_run_id", "timestamp", "id"),
        sa.Index("ix_log__timestamp__id", "timestamp", "id"),
        {"sqlite_autoincrement": True},
    )


_log = Log.__table__.c

TASK_RUN_INDEX = sa.Index(
    "ix_log__task_run_id",
    _log.task_run_id,
    sqlite_where=_log.task_run_id.is_not(None),
    postgresql_where=_log.task_run_id.is_not(None),
)
