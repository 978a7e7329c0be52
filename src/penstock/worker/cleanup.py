"""Taking over jobs on this machine that nobody holds any more."""

import asyncio

import structlog

from penstock.client import ApiError, PenstockClient, ServerUnavailable
from penstock.schemas.actions import CleanupOutcome
from penstock.schemas.responses import ClaimedCleanup
from penstock.worker.contact import ServerContact
from penstock.worker.infrastructure import host_name
from penstock.worker.leftovers import CannotEndError, end_leftovers

KINDS = ("cancelling_timeout_teardown.v1", "lost_attempt_teardown.v1")
"""What this worker can do: end the process of a run that was cancelled, or given to another worker."""

MOST_AT_ONCE = 10

log = structlog.get_logger()


class Cleanup:
    """Asks the server again and again what is to be ended on this machine, and ends it."""

    def __init__(
        self,
        client: PenstockClient,
        contact: ServerContact,
        *,
        pool: str,
        worker_name: str,
        interval_seconds: float,
        kill_grace_seconds: float,
    ) -> None:
        self._client = client
        self._contact = contact
        self._pool = pool
        self._worker_name = worker_name
        self._interval_seconds = interval_seconds
        self._kill_grace_seconds = kill_grace_seconds
        self._host = host_name()

    async def run(self) -> None:
        """Look for work until cancelled; the first time at once."""
        while True:
            try:
                await self.look()
            except ServerUnavailable as error:
                self._contact.lost(error)
            except ApiError as error:
                self._contact.refused("left-over jobs cannot be asked for", error)
            await asyncio.sleep(self._interval_seconds)

    async def look(self) -> None:
        """Do what there is to do now, all at once. Raises ``ApiError``."""
        claimed = await self._client.claim_cleanup(
            self._pool, self._worker_name, hosts=[self._host], kinds=KINDS, limit=MOST_AT_ONCE
        )
        await asyncio.gather(*(self._settle(one) for one in claimed))

    async def _settle(self, cleanup: ClaimedCleanup) -> None:
        outcome, detail = CleanupOutcome.DONE, None
        try:
            await self._end(cleanup)
        except CannotEndError as error:
            outcome, detail = CleanupOutcome.FAILED, f"{error} (worker '{self._worker_name}')"
            log.warning("a left-over job could not be ended: %s", error)
        await self._client.settle_cleanup(
            self._pool, cleanup.message_id, token=cleanup.token, outcome=outcome, detail=detail
        )

    async def _end(self, cleanup: ClaimedCleanup) -> None:
        run_id = str(cleanup.target.get("flow_run_id"))
        place = str(cleanup.target.get("infrastructure_pid"))
        host, _, number = place.rpartition(":")
        if host != self._host or not number.isdigit() or int(number) <= 1:
            raise CannotEndError(f"'{place}' is not a process of {self._host}.")
        if await end_leftovers(int(number), run_id, self._kill_grace_seconds):
            log.info("ended what was left of run %s (pid %s)", run_id, number)
