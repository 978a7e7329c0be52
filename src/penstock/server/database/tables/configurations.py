"""``configuration``: what the server keeps about itself (orchestration.md 5.10)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from penstock.server.database.tables.base import Base


class Configuration(Base):
    """A JSON object under a key: the encryption key, the default result storage."""

    __tablename__ = "configuration"
    __table_args__ = (sa.UniqueConstraint("key"),)

    key: Mapped[str]
    value: Mapped[dict[str, Any]]
