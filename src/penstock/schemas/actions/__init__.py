"""Bodies that ask for a change. Unknown keys are errors; updates know what was left out."""

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
from penstock.schemas.actions.states import StateCreate
from penstock.schemas.actions.work_pools import InternalWorkPoolUpdate, WorkPoolCreate, WorkPoolUpdate
from penstock.schemas.actions.work_queues import WorkQueueCreate, WorkQueueUpdate
from penstock.schemas.actions.workers import WorkerHeartbeat

__all__ = [
    "LARGEST_PARAMETERS_BYTES",
    "DeploymentCreate",
    "DeploymentFlowRunCreate",
    "DeploymentScheduleCreate",
    "DeploymentScheduleUpdate",
    "DeploymentUpdate",
    "FlowCreate",
    "FlowRunCreate",
    "FlowRunUpdate",
    "FlowUpdate",
    "InternalWorkPoolUpdate",
    "LogCreate",
    "StateCreate",
    "VersionInfo",
    "WorkPoolCreate",
    "WorkPoolUpdate",
    "WorkQueueCreate",
    "WorkQueueUpdate",
    "WorkerHeartbeat",
]
