"""Answers, with the fields and in the order that clients know. Stored values are not judged again."""

from penstock.schemas.responses.bulk import (
    BulkDeleteResponse,
    FlowRunBulkCreateResponse,
    FlowRunBulkSetStateResponse,
    FlowRunCreateResult,
    FlowRunOrchestrationResult,
)
from penstock.schemas.responses.cleanup import ClaimedCleanup, DeadLetterResponse
from penstock.schemas.responses.concurrency import (
    FlowRunSlotSummary,
    WorkPoolConcurrencyStatus,
    WorkQueueConcurrencyStatus,
    WorkQueueConcurrencyStatusDetail,
)
from penstock.schemas.responses.concurrency_limits import (
    ConcurrencyLimit,
    ConcurrencyLimitV2,
    ConcurrencyLimitWithLeaseResponse,
    GlobalConcurrencyLimitResponse,
    MinimalConcurrencyLimitResponse,
)
from penstock.schemas.responses.deployment_overview import (
    DeploymentOutlook,
    DeploymentOverview,
    DeploymentOverviewPage,
    LastRun,
    UpcomingStart,
    UpcomingStarts,
    UpcomingStartsOfSchedule,
)
from penstock.schemas.responses.deployments import DeploymentResponse, DeploymentScheduleResponse
from penstock.schemas.responses.dispatch import (
    AttemptStanding,
    ClaimedFlowRun,
    RenewedAttempts,
    WorkerFlowRunResponse,
)
from penstock.schemas.responses.doctor import CheckResult, DoctorReport, Finding
from penstock.schemas.responses.events import Countable, EventCount, EventPage, TimeUnit
from penstock.schemas.responses.explain import (
    FlowRunExplanation,
    Reason,
    ReasonCode,
    SlotOwner,
    StartEstimate,
)
from penstock.schemas.responses.flow_runs import FlowRunResponse
from penstock.schemas.responses.history import HistoryResponse, HistoryResponseState
from penstock.schemas.responses.maintenance import DrainStatus, HeldRuns, MaintenanceStatus
from penstock.schemas.responses.orchestration import (
    OrchestrationResult,
    ReportedState,
    ReportedStates,
    SetStateStatus,
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateWaitDetails,
)
from penstock.schemas.responses.overview import WorkPoolOverview, WorkQueueOverview
from penstock.schemas.responses.pages import (
    DeploymentPaginationResponse,
    FlowPaginationResponse,
    FlowRunPaginationResponse,
    TaskRunPaginationResponse,
    count_pages,
)
from penstock.schemas.responses.server import KnownServer, ServerStatus, ServiceStatus
from penstock.schemas.responses.work_pools import WorkPoolResponse
from penstock.schemas.responses.work_queues import WorkQueueResponse
from penstock.schemas.responses.workers import WorkerResponse

__all__ = [
    "AttemptStanding",
    "BulkDeleteResponse",
    "CheckResult",
    "ClaimedCleanup",
    "ClaimedFlowRun",
    "ConcurrencyLimit",
    "ConcurrencyLimitV2",
    "ConcurrencyLimitWithLeaseResponse",
    "Countable",
    "DeadLetterResponse",
    "DeploymentOutlook",
    "DeploymentOverview",
    "DeploymentOverviewPage",
    "DeploymentPaginationResponse",
    "DeploymentResponse",
    "DeploymentScheduleResponse",
    "DoctorReport",
    "DrainStatus",
    "EventCount",
    "EventPage",
    "Finding",
    "FlowPaginationResponse",
    "FlowRunBulkCreateResponse",
    "FlowRunBulkSetStateResponse",
    "FlowRunCreateResult",
    "FlowRunExplanation",
    "FlowRunOrchestrationResult",
    "FlowRunPaginationResponse",
    "FlowRunResponse",
    "FlowRunSlotSummary",
    "GlobalConcurrencyLimitResponse",
    "HeldRuns",
    "HistoryResponse",
    "HistoryResponseState",
    "KnownServer",
    "LastRun",
    "MaintenanceStatus",
    "MinimalConcurrencyLimitResponse",
    "OrchestrationResult",
    "Reason",
    "ReasonCode",
    "RenewedAttempts",
    "ReportedState",
    "ReportedStates",
    "ServerStatus",
    "ServiceStatus",
    "SetStateStatus",
    "SlotOwner",
    "StartEstimate",
    "StateAbortDetails",
    "StateAcceptDetails",
    "StateRejectDetails",
    "StateWaitDetails",
    "TaskRunPaginationResponse",
    "TimeUnit",
    "UpcomingStart",
    "UpcomingStarts",
    "UpcomingStartsOfSchedule",
    "WorkPoolConcurrencyStatus",
    "WorkPoolOverview",
    "WorkPoolResponse",
    "WorkQueueConcurrencyStatus",
    "WorkQueueConcurrencyStatusDetail",
    "WorkQueueOverview",
    "WorkQueueResponse",
    "WorkerFlowRunResponse",
    "WorkerResponse",
    "count_pages",
]
