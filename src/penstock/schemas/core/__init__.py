"""The objects the system is about, as model functions take them and as they can be made by hand."""

from penstock.schemas.core.artifacts import Artifact, ArtifactCollection
from penstock.schemas.core.attribution import CreatedBy, UpdatedBy
from penstock.schemas.core.blocks import BlockDocument, BlockSchema, BlockType
from penstock.schemas.core.concurrency_options import ConcurrencyLimitStrategy, ConcurrencyOptions
from penstock.schemas.core.deployment_schedules import DeploymentSchedule
from penstock.schemas.core.deployments import Deployment
from penstock.schemas.core.events import Event, ReceivedEvent
from penstock.schemas.core.flow_run_inputs import FlowRunInput
from penstock.schemas.core.flow_run_policies import FlowRunPolicy
from penstock.schemas.core.flow_runs import FlowRun
from penstock.schemas.core.flows import Flow
from penstock.schemas.core.logs import Log
from penstock.schemas.core.result_storage import ServerDefaultResultStorage
from penstock.schemas.core.saved_searches import SavedSearch
from penstock.schemas.core.schedules import CronSchedule, IntervalSchedule, RRuleSchedule, Schedule
from penstock.schemas.core.task_run_policies import TaskRunPolicy
from penstock.schemas.core.task_runs import TaskRun
from penstock.schemas.core.variables import Variable
from penstock.schemas.core.work_pools import WorkPool, WorkPoolStorageConfiguration
from penstock.schemas.core.work_queues import (
    QueueFilter,
    WorkQueue,
    WorkQueueHealthPolicy,
    WorkQueueStatusDetail,
)
from penstock.schemas.core.workers import Worker

__all__ = [
    "Artifact",
    "ArtifactCollection",
    "BlockDocument",
    "BlockSchema",
    "BlockType",
    "ConcurrencyLimitStrategy",
    "ConcurrencyOptions",
    "CreatedBy",
    "CronSchedule",
    "Deployment",
    "DeploymentSchedule",
    "Event",
    "Flow",
    "FlowRun",
    "FlowRunInput",
    "FlowRunPolicy",
    "IntervalSchedule",
    "Log",
    "QueueFilter",
    "RRuleSchedule",
    "ReceivedEvent",
    "SavedSearch",
    "Schedule",
    "ServerDefaultResultStorage",
    "TaskRun",
    "TaskRunPolicy",
    "UpdatedBy",
    "Variable",
    "WorkPool",
    "WorkPoolStorageConfiguration",
    "WorkQueue",
    "WorkQueueHealthPolicy",
    "WorkQueueStatusDetail",
    "Worker",
]
