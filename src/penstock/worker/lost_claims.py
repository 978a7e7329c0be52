"""Runs that this worker's name holds on the server though they are not here."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from penstock.client import ApiError, Conflict, NotFound
from penstock.core.states import StateType
from penstock.schemas.responses import AttemptStanding, FlowRunResponse, RenewedAttempts
from penstock.worker.contact import ServerContact
from penstock.worker.crew import Crew
from penstock.worker.held_run import HeldRun
from penstock.worker.reporting import Reporter

SETTLE_RENEWALS = 1.5
"""How many renewals' time an attempt has to look lost: nobody who is alive leaves out two."""

Hold = Callable[[FlowRunResponse, int], HeldRun]
_Sighting = tuple[UUID, int, datetime | None]


class LostClaims:
    """Hands back what nobody would start: PENDING for this worker's name, not here, and not renewed.

    Its claim was answered to nobody, or to this worker before it was started anew. A second worker with this
    name, which there should not be, renews what it has: the lease of such a run moves, and it is left alone.
    A run that was RUNNING is left to its lease: its end is judged, and its next try counted, by the server.
    """

    def __init__(self, contact: ServerContact, crew: Crew, reporter: Reporter, hold: Hold) -> None:
        self._contact = contact
        self._crew = crew
        self._reporter = reporter
        self._hold = hold
        self._seen: dict[_Sighting, float] = {}
        self._lost: asyncio.Queue[tuple[UUID, int]] = asyncio.Queue()

    def notice(self, answer: RenewedAttempts) -> None:
        """Take note of what a renewal says about attempts that were not named in it."""
        now = asyncio.get_running_loop().time()
        here = self._crew.executions
        sightings = {
            _sighting(one): one
            for one in answer.unlisted
            if one.state_type is StateType.PENDING and one.flow_run_id not in here
        }
        self._seen = {sighting: self._seen.get(sighting, now) for sighting in sightings}
        for sighting, first_seen in list(self._seen.items()):
            if now - first_seen >= SETTLE_RENEWALS * answer.renewal_seconds:
                self._seen[sighting] = now
                self._lost.put_nowait(sighting[:2])

    async def run(self) -> None:
        """Hand back what is found lost, until cancelled."""
        while True:
            run_id, attempt = await self._lost.get()
            try:
                run = await self._reporter.read(run_id)
                if run.state_type is StateType.PENDING and run_id not in self._crew.executions:
                    await self._hold(run, attempt).hand_back()
            except (Conflict, NotFound):
                continue
            except ApiError as error:
                self._contact.refused("a lost claim cannot be handed back", error)


def _sighting(standing: AttemptStanding) -> _Sighting:
    return standing.flow_run_id, standing.attempt or 0, standing.lease_expires_at
