"""Every mapped class, under one name for callers outside the database layer."""

from penstock.server.database.tables.base import Base
from penstock.server.database.tables.block_documents import BlockDocument
from penstock.server.database.tables.deployments import Deployment, DeploymentSchedule
from penstock.server.database.tables.events import Event
from penstock.server.database.tables.flow_run_states import FlowRunState
from penstock.server.database.tables.flow_runs import FlowRun
from penstock.server.database.tables.flows import Flow
from penstock.server.database.tables.logs import Log
from penstock.server.database.tables.work_pools import WorkPool
from penstock.server.database.tables.work_queues import WorkQueue
from penstock.server.database.tables.workers import Worker

__all__ = [
    "Base",
    "BlockDocument",
    "Deployment",
    "DeploymentSchedule",
    "Event",
    "Flow",
    "FlowRun",
    "FlowRunState",
    "Log",
    "WorkPool",
    "WorkQueue",
    "Worker",
]
