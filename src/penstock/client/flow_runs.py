"""Calls about runs and their states."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from pydantic import TypeAdapter

from penstock.client.calls import NUMBER, Calls, page
from penstock.client.error_messages import error_from_status
from penstock.client.errors import ApiError
from penstock.schemas.actions import FlowRunUpdate, StateCreate, StateReport
from penstock.schemas.filters import (
    DeploymentFilter,
    FlowFilter,
    FlowRunFilter,
    WorkPoolFilter,
    WorkQueueFilter,
)
from penstock.schemas.lists import list_of
from penstock.schemas.responses import (
    FlowRunExplanation,
    FlowRunResponse,
    OrchestrationResult,
    ReportedState,
    ReportedStates,
    SetStateStatus,
    StateAcceptDetails,
)
from penstock.schemas.states import State

_FLOW_RUN = TypeAdapter(FlowRunResponse)
_FLOW_RUNS = list_of(FlowRunResponse)
_EXPLANATION = TypeAdapter(FlowRunExplanation)
_RESULT = TypeAdapter(OrchestrationResult)
_REPORTED = TypeAdapter(ReportedStates)
_STATES = list_of(State)


class FlowRunCalls(Calls):
    """Read, change and delete runs, and propose states for them."""

    async def read_flow_run(self, flow_run_id: UUID) -> FlowRunResponse:
        """Return a run with its state. Raises ``NotFound``."""
        return await self._http.fetch(_FLOW_RUN, "GET", f"/flow_runs/{flow_run_id}", repeatable=True)

    async def read_flow_runs(
        self,
        flow_run_filter: FlowRunFilter | None = None,
        *,
        deployment_filter: DeploymentFilter | None = None,
        work_pool_filter: WorkPoolFilter | None = None,
        work_queue_filter: WorkQueueFilter | None = None,
        flow_filter: FlowFilter | None = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[FlowRunResponse]:
        """Return runs that fit every filter, newest first unless sorted otherwise."""
        body = page(
            limit,
            offset,
            sort=sort,
            flow_runs=flow_run_filter,
            deployments=deployment_filter,
            work_pools=work_pool_filter,
            work_pool_queues=work_queue_filter,
            flows=flow_filter,
        )
        return await self._http.fetch(_FLOW_RUNS, "POST", "/flow_runs/filter", body, repeatable=True)

    async def count_flow_runs(
        self,
        flow_run_filter: FlowRunFilter | None = None,
        *,
        deployment_filter: DeploymentFilter | None = None,
        work_pool_filter: WorkPoolFilter | None = None,
        work_queue_filter: WorkQueueFilter | None = None,
        flow_filter: FlowFilter | None = None,
    ) -> int:
        """Return how many runs fit every filter."""
        body = page(
            None,
            0,
            flow_runs=flow_run_filter,
            deployments=deployment_filter,
            work_pools=work_pool_filter,
            work_pool_queues=work_queue_filter,
            flows=flow_filter,
        )
        return await self._http.fetch(NUMBER, "POST", "/flow_runs/count", body, repeatable=True)

    async def set_flow_run_state(
        self, flow_run_id: UUID, state: StateCreate, force: bool = False, attempt: int | None = None
    ) -> OrchestrationResult:
        """Propose a state and return the verdict. Raises ``NotFound``, ``Invalid``.

        ``attempt`` is the one the caller claimed; ``Conflict`` when it is over.

        Safe to try again: the proposal carries a transition id, and a refusal that only says that this very
        proposal has been written before is returned as the acceptance it was (orchestration.md 1.6, rule 2).
        """
        proposal = _with_transition_id(state)
        body: dict[str, Any] = {"state": proposal, "force": force}
        if attempt is not None:
            body["attempt"] = attempt
        result = await self._http.fetch(
            _RESULT,
            "POST",
            f"/flow_runs/{flow_run_id}/set_state",
            body,
            repeatable=True,
        )
        return _accepted_before(result, proposal) or result

    async def report_flow_run_states(
        self, reports: Sequence[StateReport]
    ) -> list[OrchestrationResult | ApiError]:
        """Propose a state for each of several claimed runs, and return the verdicts in their order.

        At most 200 in one call. Where a proposal sent alone would end with an error (``NotFound``,
        ``Conflict`` when the attempt is over, ``Invalid``), that error stands in its place. Several of one
        run hold in their order. Raises ``Invalid`` when the reports are not understood; then none is heeded.

        Safe to try again, as ``set_flow_run_state`` is.
        """
        proposals = [one.model_copy(update={"state": _with_transition_id(one.state)}) for one in reports]
        answer = await self._http.fetch(
            _REPORTED, "POST", "/flow_runs/report", {"reports": proposals}, repeatable=True
        )
        if len(answer.results) != len(proposals):
            raise ApiError(200, f"{len(proposals)} reports were given {len(answer.results)} answers.")
        return [_verdict(told, one.state) for told, one in zip(answer.results, proposals, strict=True)]

    async def read_flow_run_states(self, flow_run_id: UUID) -> list[State]:
        """Return every state a run has been in, oldest first."""
        return await self._http.fetch(
            _STATES, "GET", "/flow_run_states/", params={"flow_run_id": str(flow_run_id)}, repeatable=True
        )

    async def explain_flow_run(self, flow_run_id: UUID) -> FlowRunExplanation:
        """Return why a run is not running, and when it is likely to start. Raises ``NotFound``."""
        return await self._http.fetch(
            _EXPLANATION, "GET", f"/flow_runs/{flow_run_id}/explain", repeatable=True
        )

    async def update_flow_run(
        self, flow_run_id: UUID, flow_run: FlowRunUpdate, attempt: int | None = None
    ) -> None:
        """Change the fields that are set. Raises ``NotFound``.

        ``attempt`` is the one the caller claimed; ``Conflict`` when it is over.
        """
        params = None if attempt is None else {"attempt": attempt}
        await self._http.send("PATCH", f"/flow_runs/{flow_run_id}", flow_run, params=params, repeatable=True)

    async def delete_flow_run(self, flow_run_id: UUID) -> None:
        """Delete a run with its states and logs. Raises ``NotFound``."""
        await self._http.send("DELETE", f"/flow_runs/{flow_run_id}", repeatable=True)


def _with_transition_id(state: StateCreate) -> StateCreate:
    if state.state_details.transition_id is not None:
        return state
    details = state.state_details.model_copy(update={"transition_id": uuid4()})
    return state.model_copy(update={"state_details": details})


def _verdict(told: ReportedState, proposal: StateCreate) -> OrchestrationResult | ApiError:
    if told.result is None:
        return error_from_status(told.status_code, told.reason or "The report was refused without a reason.")
    return _accepted_before(told.result, proposal) or told.result


def _accepted_before(result: OrchestrationResult, proposal: StateCreate) -> OrchestrationResult | None:
    state = result.state
    if (
        result.status is SetStateStatus.REJECT
        and state is not None
        and state.type == proposal.type
        and state.state_details.transition_id == proposal.state_details.transition_id
    ):
        return result.model_copy(update={"status": SetStateStatus.ACCEPT, "details": StateAcceptDetails()})
    return None
