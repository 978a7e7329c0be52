"""Runs handed to workers."""

from uuid import UUID

from penstock.schemas.core.flow_runs import FlowRun
from penstock.schemas.foundations import WireModel
from penstock.schemas.responses.flow_runs import FlowRunResponse


class WorkerFlowRunResponse(WireModel):
    """A run that a poll found due; its ``state`` is never told (workers.md 2.4)."""

    work_pool_id: UUID
    work_queue_id: UUID
    flow_run: FlowRun


class ClaimedFlowRun(WireModel):
    """A run that is PENDING for the worker that claimed it."""

    work_pool_id: UUID
    work_queue_id: UUID
    flow_run: FlowRunResponse
