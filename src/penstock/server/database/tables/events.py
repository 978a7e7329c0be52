"""``event``: what happened, written in the transaction in which it happened (orchestration.md 5.8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.tables.base import Base
from penstock.server.database.types import position_type


class Event(Base):
    """One event. A rolled-back change leaves none, because both are in one transaction.

    ``position`` rises with every insert and is never used twice, so that readers can follow
    the table (``tail``).
    """

    __tablename__ = "event"

    position: Mapped[int] = mapped_column(position_type(), sa.Identity(), primary_key=True)
    id: Mapped[UUID] = mapped_column(sa.Uuid(), insert_sentinel=True, default=uuid7)
    occurred: Mapped[datetime]
    event: Mapped[str]
    resource_id: Mapped[str]
    resource: Mapped[dict[str, Any]]
    related: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    received: Mapped[datetime] = mapped_column(default=utc_now)
    follows: Mapped[UUID | None]

    __table_args__ = (
        sa.UniqueConstraint("id"),
        sa.Index("ix_event__occurred__id", "occurred", "id"),
        sa.Index("ix_event__resource_id__occurred", "resource_id", "occurred"),
        sa.Index("ix_event__event__occurred", "event", "occurred"),
        {"sqlite_autoincrement": True},
    )


RELATED_INDEX = sa.Index(
    "ix_event__related",
    Event.__table__.c.related,
    postgresql_using="gin",
    postgresql_ops={"related": "jsonb_path_ops"},
    sqlite_where=Event.__table__.c.related.is_(None),
)
"""Events by what they are related to. SQLite has no such index: there it holds no row."""
