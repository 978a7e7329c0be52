"""Servers and what runs in them, as answered."""

from uuid import UUID

from pydantic import Field

from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp


class ServiceStatus(WireModel):
    """A loop of the server, and how its last pass went.

    A service that is not enabled here may run in another server of the database. ``last_error`` is that
    of the last pass, null when it went well.
    """

    name: str
    is_enabled: bool
    interval_seconds: float
    last_started_at: Timestamp | None = None
    last_seconds: float | None = None
    last_error: str | None = None


class ServerStatus(WireModel):
    """The process that answers, what it is made of, and its loops in the order of their names."""

    id: UUID
    host: str
    process_id: int
    started_at: Timestamp
    version: str
    python_version: str
    database_kind: str
    database_version: str
    services: list[ServiceStatus] = Field(default_factory=list)


class KnownServer(WireModel):
    """A server of the database as it last entered itself, with its loops in the order of their names.

    A server that stops takes itself off the list. One that was killed or cut off is not alive once it
    has not been seen for three intervals.
    """

    id: UUID
    host: str
    process_id: int
    version: str
    started_at: Timestamp
    last_seen: Timestamp
    interval_seconds: float
    is_alive: bool
    services: list[ServiceStatus] = Field(default_factory=list)
