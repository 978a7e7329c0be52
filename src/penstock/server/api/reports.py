"""The route by which claiming workers report the states of several runs at once (design, section 3)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import Field, TypeAdapter

from penstock.schemas.actions import StateReport
from penstock.schemas.actions.states import MOST_REPORTS
from penstock.schemas.responses import OrchestrationResult, ReportedState, ReportedStates
from penstock.server import orchestration
from penstock.server.api.dependencies import (
    CallingProcess,
    CallingWorker,
    ClaimTimes,
    Database,
    RenewsLeases,
    Shown,
)
from penstock.server.api.errors import status_and_sentence
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.set_state import status_of
from penstock.server.orchestration import Proposer, Report

router = APIRouter(prefix="/flow_runs", tags=["Dispatch", "Flow runs"], route_class=JsonRoute)

RESULTS = TypeAdapter(ReportedStates)


@router.post("/report", response_model=ReportedStates)
async def report_flow_run_states(
    reports: Annotated[list[StateReport], Body(embed=True), Field(max_length=MOST_REPORTS)],
    db: Database,
    renews_leases: RenewsLeases,
    worker_name: CallingWorker,
    process: CallingProcess,
    lease_times: ClaimTimes,
    shown: Shown,
) -> Response:
    """Propose a state for each of several claimed runs, in the order in which they are given.

    Each is judged and answered as if it had been sent alone with its attempt; none keeps another one
    from being written. Sending the same reports again, because the answer was lost, changes nothing.
    """
    proposed = _proposed(reports, Proposer(worker_name, process=process))
    outcomes = await orchestration.report_flow_run_states(
        db, proposed, renews_leases=renews_leases, lease_times=lease_times
    )
    for one in reports:
        shown.forget(one.flow_run_id)
    results = [_told(one, outcome) for one, outcome in zip(proposed, outcomes, strict=True)]
    return json_answer(RESULTS, ReportedStates(results=results))


def _proposed(reports: Sequence[StateReport], speaker: Proposer) -> list[Report]:
    """Return what is proposed, each with the transitions of its run that come after it."""
    later: dict[UUID, list[UUID]] = {}
    for one in reports:
        if one.state.state_details.transition_id is not None:
            later.setdefault(one.flow_run_id, []).append(one.state.state_details.transition_id)
    found = []
    for one in reports:
        ids = later.get(one.flow_run_id, [])
        if one.state.state_details.transition_id is not None:
            ids.pop(0)
        proposer = replace(speaker, attempt=one.attempt, goes_on=frozenset(ids))
        found.append(Report(one.flow_run_id, one.state.to_state(), proposer))
    return found


def _told(report: Report, outcome: orchestration.Outcome) -> ReportedState:
    if isinstance(outcome, OrchestrationResult):
        status = status_of(outcome, asked_at=report.state.timestamp)
        return ReportedState(flow_run_id=report.flow_run_id, status_code=status, result=outcome)
    status, sentence = status_and_sentence(outcome)
    return ReportedState(flow_run_id=report.flow_run_id, status_code=status, reason=sentence)
