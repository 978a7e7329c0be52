"""``variable``: named values that flows and job templates read (orchestration.md 5.10)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base
from penstock.server.database.types import JSON


class Variable(Base):
    """A JSON value under a name."""

    __tablename__ = "variable"
    __table_args__ = (sa.UniqueConstraint("name"),)

    name: Mapped[str]
    value: Mapped[Any | None] = mapped_column(JSON)
    tags: Mapped[list[str]] = mapped_column(default=list)
