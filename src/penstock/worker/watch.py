"""Noticing quickly what happens on the server to the runs this worker holds."""

import asyncio
from uuid import UUID

from penstock.client import ApiError, PenstockClient, ServerUnavailable
from penstock.core.states import StateType
from penstock.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from penstock.worker.contact import ServerContact
from penstock.worker.crew import Crew

_MOST_IDS = 100


class RunWatch:
    """Asks, while there are runs here, which of them are not RUNNING on the server.

    A cancellation should not have to wait for the next renewal, and a question costs the server less.
    """

    def __init__(
        self, client: PenstockClient, contact: ServerContact, crew: Crew, *, interval_seconds: float
    ) -> None:
        self._client = client
        self._contact = contact
        self._crew = crew
        self._interval_seconds = interval_seconds

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            await asyncio.sleep(self._interval_seconds)
            if not self._crew.executions:
                continue
            try:
                await self.check()
            except ServerUnavailable as error:
                self._contact.lost(error)
            except ApiError as error:
                self._contact.refused("runs cannot be checked for cancellation", error)
            else:
                self._contact.made()

    async def check(self) -> None:
        """Tell each run here what the server says about it. Raises ``ApiError``."""
        executions = self._crew.executions
        ids = list(executions)
        for start in range(0, len(ids), _MOST_IDS):
            for run in await self._client.read_flow_runs(_not_running(ids[start : start + _MOST_IDS])):
                executions[run.id].held.notice(run)


def _not_running(ids: list[UUID]) -> FlowRunFilter:
    return FlowRunFilter(
        id=FlowRunFilterId(any_=ids),
        state=FlowRunFilterState(type=FlowRunFilterStateType(not_any_=[StateType.RUNNING])),
    )
