"""What every table shares: id, created, updated (workers.md 1.2)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.types import JSON, Timestamp

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s__%(column_0_N_name)s__%(referred_table_name)s",
    "uq": "uq_%(table_name)s__%(column_0_N_name)s",
    "ix": "ix_%(table_name)s__%(column_0_N_name)s",
}


class Base(DeclarativeBase):
    """The declarative base; ``updated`` moves with every UPDATE that does not set it."""

    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Timestamp(),
        UUID: sa.Uuid(),
        str: sa.Text(),
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
    }

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    created: Mapped[datetime] = mapped_column(default=utc_now)
    updated: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id})"
