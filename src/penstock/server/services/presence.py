"""Keeps a server on the list of the servers of its database."""

import asyncio
import logging

from penstock.server.database import DBInterface
from penstock.server.models import servers
from penstock.server.services.base import Service
from penstock.server.services.standing import Standing

logger = logging.getLogger(__name__)

MOST_SECONDS_OF_LEAVING = 5.0
"""A database that does not answer keeps no server from stopping."""


class Presence(Service):
    """Enters this server, again and again, and takes it off the list when it stops.

    A server that is killed stays on the list, as not alive, for the retention.
    """

    def __init__(
        self, db: DBInterface, standing: Standing, *, interval_seconds: float, retention_seconds: float
    ) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._standing = standing
        self._retention_seconds = retention_seconds

    async def run_once(self) -> None:
        """Enter this server, and forget those that have been silent for the retention."""
        async with self._db.session_context(begin_transaction=True) as session:
            await servers.record_server(
                session=session,
                server_id=self._standing.server_id,
                host=self._standing.host,
                process_id=self._standing.process_id,
                version=self._standing.version,
                started_at=self._standing.started_at,
                interval_seconds=self.interval_seconds,
                services=self._standing.services(),
            )
            await servers.delete_silent_servers(session=session, after_seconds=self._retention_seconds)

    async def stop(self) -> None:
        """End the loop, and take this server off the list."""
        await super().stop()
        try:
            async with (
                asyncio.timeout(MOST_SECONDS_OF_LEAVING),
                self._db.session_context(begin_transaction=True) as session,
            ):
                await servers.delete_server(session=session, server_id=self._standing.server_id)
        except Exception:
            logger.exception("This server could not take itself off the list of servers")
