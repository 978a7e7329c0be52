"""What became of a proposed state (orchestration.md 1.3)."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from penstock.schemas.foundations import WireModel
from penstock.schemas.states import State


class SetStateStatus(StrEnum):
    """Written, answered with another state, refused for good, or not yet."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    ABORT = "ABORT"
    WAIT = "WAIT"


class StateAcceptDetails(WireModel):
    """The proposal was written."""

    type: Literal["accept_details"] = "accept_details"


class StateRejectDetails(WireModel):
    """The state in the answer holds instead."""

    type: Literal["reject_details"] = "reject_details"
    reason: str | None = None


class StateAbortDetails(WireModel):
    """The client should stop."""

    type: Literal["abort_details"] = "abort_details"
    reason: str | None = None


class StateWaitDetails(WireModel):
    """The client should propose the same state again after a pause."""

    type: Literal["wait_details"] = "wait_details"
    delay_seconds: int
    reason: str | None = None


Details = Annotated[
    StateAcceptDetails | StateWaitDetails | StateRejectDetails | StateAbortDetails,
    Field(discriminator="type"),
]


class OrchestrationResult(WireModel):
    """The state that holds now, and why."""

    state: State | None
    status: SetStateStatus
    details: Details


class ReportedState(WireModel):
    """What became of one of several reported states.

    ``status_code`` is that of the same proposal sent alone: 201 when a state was written, 200 when the
    run stays as it was, and without a result 404, 409 (the attempt is over) or 422; ``reason`` says why.
    """

    flow_run_id: UUID
    status_code: int
    result: OrchestrationResult | None = None
    reason: str | None = None


class ReportedStates(WireModel):
    """One answer for each report, in their order."""

    results: list[ReportedState] = Field(default_factory=list)
