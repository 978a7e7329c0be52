"""The claim loop: runs are taken as long as there is room for them."""

import asyncio
from collections.abc import Callable, Sequence

from penstock.client import ApiError, PenstockClient, ServerUnavailable
from penstock.schemas.responses import ClaimedFlowRun
from penstock.worker.contact import ServerContact, pauses
from penstock.worker.slots import LocalSlots
from penstock.worker.stopping import Stopping
from penstock.worker.waiting import first_of, unless

MOST_PER_CLAIM = 10
"""A bigger bite would keep runs PENDING here that another worker could start."""

Submit = Callable[[Sequence[ClaimedFlowRun], float], None]
"""Takes claimed runs, and a time of the event loop's clock: their leases are not older."""


class ClaimLoop:
    """Claims no more runs than there are free slots, and hands them to ``submit``."""

    def __init__(
        self,
        client: PenstockClient,
        contact: ServerContact,
        slots: LocalSlots,
        stopping: Stopping,
        submit: Submit,
        may_claim: asyncio.Event,
        *,
        pool: str,
        queues: Sequence[str],
        worker_name: str,
        poll_interval_seconds: float,
        wait_seconds: float,
    ) -> None:
        self._client = client
        self._contact = contact
        self._slots = slots
        self._stopping = stopping
        self._submit = submit
        self._may_claim = may_claim
        self._pool = pool
        self._queues = tuple(queues)
        self._worker_name = worker_name
        self._poll_interval_seconds = poll_interval_seconds
        self._wait_seconds = wait_seconds
        self._pauses = pauses()

    async def run(self) -> None:
        """Claim until the worker drains, whenever ``may_claim`` is set.

        After a claim that gave something, or when a run ends, the next one follows at once. The server
        holds a claim until there is something to give; a claim that is given up then is handed back there.
        """
        draining, freed = self._stopping.draining, self._slots.freed
        clock = asyncio.get_running_loop().time
        while not draining.is_set():
            freed.clear()
            if not self._may_claim.is_set():
                await first_of(self._may_claim, draining)
                continue
            if not self._slots.free:
                await first_of(freed, draining)
                continue
            asked_at = clock()
            claimed = await unless(draining, self._claim())
            if claimed is None:
                await first_of(draining, timeout_seconds=next(self._pauses))
                continue
            self._pauses = pauses()
            waited = min((one.waited_seconds for one in claimed), default=0.0)
            self._submit(claimed, min(asked_at + waited, clock()))
            pause = asked_at + self._poll_interval_seconds - clock()
            if not claimed and pause > 0:
                await first_of(freed, draining, timeout_seconds=pause)

    async def _claim(self) -> list[ClaimedFlowRun] | None:
        """Return what there is to do, or None when the server did not say."""
        try:
            claimed = await self._client.claim_flow_runs(
                self._pool,
                self._worker_name,
                self._queues or None,
                limit=min(self._slots.free, MOST_PER_CLAIM),
                wait_seconds=self._wait_seconds,
            )
        except ServerUnavailable as error:
            self._contact.lost(error)
            return None
        except ApiError as error:
            self._contact.refused("no runs can be claimed", error)
            return None
        self._contact.made()
        return claimed
