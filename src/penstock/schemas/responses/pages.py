"""Numbered pages of a listing (orchestration.md 0.9)."""

from penstock.schemas.core.flows import Flow
from penstock.schemas.core.task_runs import TaskRun
from penstock.schemas.foundations import WireModel
from penstock.schemas.responses.deployments import DeploymentResponse
from penstock.schemas.responses.flow_runs import FlowRunResponse


def count_pages(count: int, limit: int) -> int:
    """Return how many pages of ``limit`` rows hold ``count`` rows; 0 when the limit is 0."""
    return -(-count // limit) if limit else 0


class Page(WireModel):
    """Where in the listing the results stand."""

    count: int
    limit: int
    pages: int
    page: int


class FlowPaginationResponse(Page):
    """One page of flows."""

    results: list[Flow]


class FlowRunPaginationResponse(Page):
    """One page of flow runs."""

    results: list[FlowRunResponse]


class TaskRunPaginationResponse(Page):
    """One page of task runs."""

    results: list[TaskRun]


class DeploymentPaginationResponse(Page):
    """One page of deployments."""

    results: list[DeploymentResponse]
