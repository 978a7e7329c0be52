"""``event``: what happened, written in the transaction in which it happened (orchestration.md 5.8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.core.clock import utc_now
from penstock.server.database.tables.base import Base


class Event(Base):
    """One event. A rolled-back change leaves none, because both are in one transaction."""

    __tablename__ = "event"
    __table_args__ = (
        sa.Index("ix_event__occurred__id", "occurred", "id"),
        sa.Index("ix_event__resource_id__occurred", "resource_id", "occurred"),
    )

    occurred: Mapped[datetime]
    event: Mapped[str]
    resource_id: Mapped[str]
    resource: Mapped[dict[str, Any]]
    related: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    received: Mapped[datetime] = mapped_column(default=utc_now)
    follows: Mapped[UUID | None]
