"""Answers, with the fields and in the order that clients know. Stored values are not judged again."""

from penstock.schemas.responses.concurrency import (
    FlowRunSlotSummary,
    WorkPoolConcurrencyStatus,
    WorkQueueConcurrencyStatus,
    WorkQueueConcurrencyStatusDetail,
)
from penstock.schemas.responses.deployments import (
    DeploymentResponse,
    DeploymentScheduleResponse,
    GlobalConcurrencyLimitResponse,
)
from penstock.schemas.responses.dispatch import ClaimedFlowRun, WorkerFlowRunResponse
from penstock.schemas.responses.flow_runs import FlowRunResponse
from penstock.schemas.responses.orchestration import (
    OrchestrationResult,
    SetStateStatus,
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateWaitDetails,
)
from penstock.schemas.responses.pages import (
    DeploymentPaginationResponse,
    FlowPaginationResponse,
    FlowRunPaginationResponse,
    count_pages,
)
from penstock.schemas.responses.work_pools import WorkPoolResponse
from penstock.schemas.responses.work_queues import WorkQueueResponse
from penstock.schemas.responses.workers import WorkerResponse

__all__ = [
    "ClaimedFlowRun",
    "DeploymentPaginationResponse",
    "DeploymentResponse",
    "DeploymentScheduleResponse",
    "FlowPaginationResponse",
    "FlowRunPaginationResponse",
    "FlowRunResponse",
    "FlowRunSlotSummary",
    "GlobalConcurrencyLimitResponse",
    "OrchestrationResult",
    "SetStateStatus",
    "StateAbortDetails",
    "StateAcceptDetails",
    "StateRejectDetails",
    "StateWaitDetails",
    "WorkPoolConcurrencyStatus",
    "WorkPoolResponse",
    "WorkQueueConcurrencyStatus",
    "WorkQueueConcurrencyStatusDetail",
    "WorkQueueResponse",
    "WorkerFlowRunResponse",
    "WorkerResponse",
    "count_pages",
]
