"""The objects the system is about, as model functions take them and as they can be made by hand."""

from penstock.schemas.core.attribution import CreatedBy, UpdatedBy
from penstock.schemas.core.concurrency_options import ConcurrencyLimitStrategy, ConcurrencyOptions
from penstock.schemas.core.deployment_schedules import DeploymentSchedule
from penstock.schemas.core.deployments import Deployment
from penstock.schemas.core.flow_run_policies import FlowRunPolicy
from penstock.schemas.core.flow_runs import FlowRun
from penstock.schemas.core.flows import Flow
from penstock.schemas.core.logs import Log
from penstock.schemas.core.schedules import CronSchedule, IntervalSchedule, RRuleSchedule, Schedule
from penstock.schemas.core.work_pools import WorkPool, WorkPoolStorageConfiguration
from penstock.schemas.core.work_queues import (
    QueueFilter,
    WorkQueue,
    WorkQueueHealthPolicy,
    WorkQueueStatusDetail,
)
from penstock.schemas.core.workers import Worker

__all__ = [
    "ConcurrencyLimitStrategy",
    "ConcurrencyOptions",
    "CreatedBy",
    "CronSchedule",
    "Deployment",
    "DeploymentSchedule",
    "Flow",
    "FlowRun",
    "FlowRunPolicy",
    "IntervalSchedule",
    "Log",
    "QueueFilter",
    "RRuleSchedule",
    "Schedule",
    "UpdatedBy",
    "WorkPool",
    "WorkPoolStorageConfiguration",
    "WorkQueue",
    "WorkQueueHealthPolicy",
    "WorkQueueStatusDetail",
    "Worker",
]
