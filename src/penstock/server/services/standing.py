"""What a server can tell about itself."""

import os
import platform
import socket
from collections.abc import Sequence

from penstock import __version__
from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.responses import ServerStatus, ServiceStatus
from penstock.server.database import DBInterface
from penstock.server.services.base import Service


class Standing:
    """The facts of this process and the state of its loops.

    Args:
        services: each loop, and whether it runs in this server; read each time.
    """

    version = __version__

    def __init__(self, db: DBInterface, services: Sequence[tuple[bool, Service]]) -> None:
        self._db = db
        self._services = services
        self.server_id = uuid7()
        self.started_at = utc_now()
        self.host = socket.gethostname()
        self.process_id = os.getpid()

    def services(self) -> list[ServiceStatus]:
        """Return how each loop fares, in the order of their names."""
        return sorted((_status(*one) for one in self._services), key=lambda one: one.name)

    async def read(self) -> ServerStatus:
        """Return how things stand now; asks the database for its version.

        Raises:
            UnavailableError: the database does not answer.
        """
        return ServerStatus(
            id=self.server_id,
            host=self.host,
            process_id=self.process_id,
            started_at=self.started_at,
            version=self.version,
            python_version=platform.python_version(),
            database_kind=self._db.dialect.name,
            database_version=await self._db.check(),
            services=self.services(),
        )


def _status(is_enabled: bool, service: Service) -> ServiceStatus:
    last = service.last_pass
    return ServiceStatus(
        name=type(service).__name__,
        is_enabled=is_enabled,
        interval_seconds=service.interval_seconds,
        last_started_at=last.started_at if last else None,
        last_seconds=last.seconds if last else None,
        last_error=last.error if last else None,
    )
