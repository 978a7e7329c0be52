"""What the server is told about a run: nothing is lost because it is away for a while."""

import asyncio
from uuid import UUID, uuid4

from penstock.client import PenstockClient
from penstock.schemas.actions import FlowRunUpdate, StateCreate, StateReport
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.responses import FlowRunResponse, OrchestrationResult
from penstock.worker.contact import ServerContact
from penstock.worker.report_batches import ReportBatches


class Reporter:
    """Proposes states and reads runs, as often as it takes until the server answers.

    Every method raises ``ApiError`` when the server refuses, and ``ServerUnavailable`` only when ``give_up``
    is set before it answers.
    """

    def __init__(self, client: PenstockClient, contact: ServerContact, give_up: asyncio.Event) -> None:
        self._client = client
        self._batches = ReportBatches(client)
        self._contact = contact
        self._give_up = give_up

    async def propose(self, flow_run_id: UUID, state: StateCreate, attempt: int) -> OrchestrationResult:
        """Propose a state, under one transition id however often it is sent, and return the verdict.

        It goes with what else is reported in the same moment.

        Raises ``Conflict``, saying why, when the attempt is over.
        """
        details = state.state_details.model_copy(update={"transition_id": uuid4()})
        proposal = state.model_copy(update={"state_details": details})
        report = StateReport(flow_run_id=flow_run_id, attempt=attempt, state=proposal)
        return await self._contact.until_answered(lambda: self._batches.send(report), give_up=self._give_up)

    async def read(self, flow_run_id: UUID) -> FlowRunResponse:
        """Return the run as the server knows it now."""
        return await self._contact.until_answered(
            lambda: self._client.read_flow_run(flow_run_id), give_up=self._give_up
        )

    async def let_others_retry(self, flow_run_id: UUID, attempt: int) -> None:
        """Turn the retry that this worker would have made itself into one that any worker may claim.

        Raises ``Conflict`` when the attempt is over.
        """
        run = await self.read(flow_run_id)
        policy = FlowRunPolicy.model_validate(
            run.empirical_policy.model_dump() | {"retry_type": "reschedule"}
        )
        await self._contact.until_answered(
            lambda: self._client.update_flow_run(run.id, FlowRunUpdate(empirical_policy=policy), attempt),
            give_up=self._give_up,
        )
