"""What became of each of many (orchestration.md 1.3, 2.5, 2.6)."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from penstock.schemas.foundations import WireModel
from penstock.schemas.responses.orchestration import OrchestrationResult


class BulkDeleteResponse(WireModel):
    """The ids of what was deleted."""

    deleted: list[UUID] = Field(default_factory=list)


class FlowRunCreateResult(WireModel):
    """One run that was made, or why it was not."""

    flow_run_id: UUID | None = None
    status: Literal["CREATED", "FAILED"]
    error: str | None = None


class FlowRunBulkCreateResponse(WireModel):
    """One result for each run that was asked for, in that order."""

    results: list[FlowRunCreateResult] = Field(default_factory=list)


class FlowRunOrchestrationResult(OrchestrationResult):
    """What became of the state proposed for one run."""

    flow_run_id: UUID


class FlowRunBulkSetStateResponse(WireModel):
    """One result for each run that matched."""

    results: list[FlowRunOrchestrationResult] = Field(default_factory=list)
