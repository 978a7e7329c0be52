"""The first sign of life, and the last; ``renewals`` gives those in between."""

import asyncio

import structlog

from penstock.client import ApiError, PenstockClient
from penstock.worker.contact import ServerContact

log = structlog.get_logger()


class Heartbeat:
    """Tells the server that this worker is there, and that it leaves."""

    def __init__(
        self,
        client: PenstockClient,
        contact: ServerContact,
        *,
        pool: str,
        worker_name: str,
        interval_seconds: int,
    ) -> None:
        self._client = client
        self._contact = contact
        self._pool = pool
        self._worker_name = worker_name
        self._interval_seconds = interval_seconds

    async def send(self) -> None:
        """Send one heartbeat. Raises ``ApiError``."""
        await self._client.send_worker_heartbeat(
            self._pool, self._worker_name, heartbeat_interval_seconds=self._interval_seconds
        )

    async def send_until_answered(self, *, give_up: asyncio.Event) -> None:
        """Send the first heartbeat, as often as it takes."""
        await self._contact.until_answered(self.send, give_up=give_up)

    async def leave(self) -> None:
        """Take this worker off the pool's list; failing to do so is no matter, it will go offline."""
        try:
            await self._client.delete_worker(self._pool, self._worker_name)
        except ApiError as error:
            log.info("could not sign off: %s", error.message)
