"""``block_document``: stored configuration that job templates may refer to (orchestration.md 5.10)."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base


class BlockDocument(Base):
    """A named set of values; a template default ``{"$ref": {"block_document_id": id}}`` points here."""

    __tablename__ = "block_document"

    name: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
