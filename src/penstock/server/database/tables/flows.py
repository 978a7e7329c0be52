"""``flow``: the name that deployments and runs belong to (orchestration.md 5.1)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base


class Flow(Base):
    """A named piece of work."""

    __tablename__ = "flow"
    __table_args__ = (sa.UniqueConstraint("name"),)

    name: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(default=list)
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
