"""Bodies that ask for a change. Unknown keys are errors; updates know what was left out."""

from penstock.schemas.actions.artifacts import ArtifactCreate, ArtifactUpdate
from penstock.schemas.actions.blocks import (
    BlockDocumentCreate,
    BlockDocumentUpdate,
    BlockSchemaCreate,
    BlockTypeCreate,
    BlockTypeUpdate,
)
from penstock.schemas.actions.cleanup import CleanupClaim, CleanupOutcome, CleanupSettlement
from penstock.schemas.actions.concurrency_limits import (
    ConcurrencyLeaseHolder,
    ConcurrencyLimitCreate,
    ConcurrencyLimitV2Create,
    ConcurrencyLimitV2Update,
    IncrementMode,
)
from penstock.schemas.actions.deployment_schedules import (
    DeploymentScheduleCreate,
    DeploymentScheduleUpdate,
)
from penstock.schemas.actions.deployments import (
    LARGEST_PARAMETERS_BYTES,
    DeploymentCreate,
    DeploymentFlowRunCreate,
    DeploymentUpdate,
    VersionInfo,
)
from penstock.schemas.actions.flow_runs import FlowRunCreate, FlowRunUpdate
from penstock.schemas.actions.flows import FlowCreate, FlowUpdate
from penstock.schemas.actions.logs import LogCreate
from penstock.schemas.actions.result_storage import ServerDefaultResultStorageUpdate
from penstock.schemas.actions.saved_searches import SavedSearchCreate
from penstock.schemas.actions.states import StateCreate, StateReport
from penstock.schemas.actions.task_runs import TaskRunCreate, TaskRunUpdate
from penstock.schemas.actions.variables import VariableCreate, VariableUpdate
from penstock.schemas.actions.work_pools import InternalWorkPoolUpdate, WorkPoolCreate, WorkPoolUpdate
from penstock.schemas.actions.work_queues import WorkQueueCreate, WorkQueueUpdate
from penstock.schemas.actions.workers import AttemptRenewal, HeldAttempt, WorkerHeartbeat

__all__ = [
    "LARGEST_PARAMETERS_BYTES",
    "ArtifactCreate",
    "ArtifactUpdate",
    "AttemptRenewal",
    "BlockDocumentCreate",
    "BlockDocumentUpdate",
    "BlockSchemaCreate",
    "BlockTypeCreate",
    "BlockTypeUpdate",
    "CleanupClaim",
    "CleanupOutcome",
    "CleanupSettlement",
    "ConcurrencyLeaseHolder",
    "ConcurrencyLimitCreate",
    "ConcurrencyLimitV2Create",
    "ConcurrencyLimitV2Update",
    "DeploymentCreate",
    "DeploymentFlowRunCreate",
    "DeploymentScheduleCreate",
    "DeploymentScheduleUpdate",
    "DeploymentUpdate",
    "FlowCreate",
    "FlowRunCreate",
    "FlowRunUpdate",
    "FlowUpdate",
    "HeldAttempt",
    "IncrementMode",
    "InternalWorkPoolUpdate",
    "LogCreate",
    "SavedSearchCreate",
    "ServerDefaultResultStorageUpdate",
    "StateCreate",
    "StateReport",
    "TaskRunCreate",
    "TaskRunUpdate",
    "VariableCreate",
    "VariableUpdate",
    "VersionInfo",
    "WorkPoolCreate",
    "WorkPoolUpdate",
    "WorkQueueCreate",
    "WorkQueueUpdate",
    "WorkerHeartbeat",
]
