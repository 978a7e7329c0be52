"""``server``: a server process that serves this database."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column

from penstock.server.database.expressions import database_now, seconds_before_now
from penstock.server.database.tables.base import Base

SILENT_AFTER_INTERVALS = 3


class Server(Base):
    """A server process from its start to its end; one that is started again is another.

    ``is_alive`` is not stored: it is true while the process was last seen less than three
    intervals ago by the database's clock.
    """

    __tablename__ = "server"

    host: Mapped[str]
    process_id: Mapped[int]
    version: Mapped[str]
    started_at: Mapped[datetime]
    last_seen: Mapped[datetime] = mapped_column(default=database_now())
    interval_seconds: Mapped[float] = mapped_column(sa.Double())
    services: Mapped[list[dict[str, Any]]]

    is_alive: Mapped[bool] = column_property(
        last_seen > seconds_before_now(SILENT_AFTER_INTERVALS * interval_seconds)
    )
