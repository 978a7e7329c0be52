"""``saved_search``: filters that somebody wants to use again."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base


class SavedSearch(Base):
    """A named list of filters; what they mean is the business of whoever saved them."""

    __tablename__ = "saved_search"
    __table_args__ = (sa.UniqueConstraint("name"),)

    name: Mapped[str]
    filters: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
