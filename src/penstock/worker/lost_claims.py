"""Runs that were claimed for this worker by a request whose answer never came."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from penstock.client import ApiError, PenstockClient, ServerUnavailable
from penstock.core.states import StateType
from penstock.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from penstock.schemas.responses import FlowRunResponse
from penstock.worker.contact import ServerContact
from penstock.worker.crew import Crew
from penstock.worker.held_run import HeldRun

SETTLE_SECONDS = 5.0
"""A run that its worker knows of does not stay PENDING for so long."""

Hold = Callable[[FlowRunResponse], HeldRun]


class LostClaims:
    """Hands back what nobody would start: PENDING on the server, claimed by this worker, and not here.

    That a worker of the same name (this one before a crash, or a second one by mistake) starts such a run is
    still possible, so it must look lost twice, some seconds apart.
    """

    def __init__(
        self,
        client: PenstockClient,
        contact: ServerContact,
        crew: Crew,
        hold: Hold,
        *,
        pool: str,
        worker_name: str,
    ) -> None:
        self._client = client
        self._contact = contact
        self._crew = crew
        self._hold = hold
        self._pool = pool
        self._mark = f"'{worker_name}'"
        self._suspected = asyncio.Event()

    def suspect(self) -> None:
        """Say that a claim may have been lost."""
        self._suspected.set()

    async def run(self) -> None:
        """Look after every suspicion, until cancelled."""
        while True:
            await self._suspected.wait()
            try:
                await self.look()
                self._suspected.clear()
            except ServerUnavailable as error:
                self._contact.lost(error)
            except ApiError as error:
                self._contact.refused("lost claims cannot be looked for", error)
                self._suspected.clear()
            await asyncio.sleep(SETTLE_SECONDS)

    async def look(self) -> None:
        """Find lost runs and hand them back. Raises ``ApiError``."""
        first = await self._lost()
        if not first:
            return
        await asyncio.sleep(SETTLE_SECONDS)
        for run_id, run in (await self._lost()).items():
            if run_id in first and first[run_id].state_id == run.state_id:
                await self._hold(run).hand_back()

    async def _lost(self) -> dict[UUID, FlowRunResponse]:
        pending = await self._client.read_flow_runs(
            FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING]))),
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[self._pool])),
        )
        here = self._crew.executions
        return {
            run.id: run
            for run in pending
            if run.id not in here and run.state is not None and self._mark in (run.state.message or "")
        }
