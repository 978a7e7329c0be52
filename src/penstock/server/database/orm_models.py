"""Every mapped class, under one name for callers outside the database layer."""

from penstock.server.database.tables.artifacts import Artifact, ArtifactCollection
from penstock.server.database.tables.base import Base
from penstock.server.database.tables.block_documents import BlockDocument, BlockDocumentReference
from penstock.server.database.tables.block_schemas import BlockSchema
from penstock.server.database.tables.block_types import BlockType
from penstock.server.database.tables.cleanup_messages import CleanupMessage
from penstock.server.database.tables.concurrency_limits import (
    CONCURRENCY_LEASE_LIMIT,
    ConcurrencyLease,
    ConcurrencyLimit,
)
from penstock.server.database.tables.configurations import Configuration
from penstock.server.database.tables.deployments import Deployment, DeploymentSchedule
from penstock.server.database.tables.events import Event
from penstock.server.database.tables.flow_run_inputs import FlowRunInput
from penstock.server.database.tables.flow_run_states import FlowRunState
from penstock.server.database.tables.flow_runs import FlowRun
from penstock.server.database.tables.flows import Flow
from penstock.server.database.tables.logs import Log
from penstock.server.database.tables.saved_searches import SavedSearch
from penstock.server.database.tables.servers import Server
from penstock.server.database.tables.task_run_states import TaskRunState, TaskRunStateCache
from penstock.server.database.tables.task_runs import TaskRun
from penstock.server.database.tables.variables import Variable
from penstock.server.database.tables.work_pools import WorkPool
from penstock.server.database.tables.work_queues import WorkQueue
from penstock.server.database.tables.workers import Worker

__all__ = [
    "CONCURRENCY_LEASE_LIMIT",
    "Artifact",
    "ArtifactCollection",
    "Base",
    "BlockDocument",
    "BlockDocumentReference",
    "BlockSchema",
    "BlockType",
    "CleanupMessage",
    "ConcurrencyLease",
    "ConcurrencyLimit",
    "Configuration",
    "Deployment",
    "DeploymentSchedule",
    "Event",
    "Flow",
    "FlowRun",
    "FlowRunInput",
    "FlowRunState",
    "Log",
    "SavedSearch",
    "Server",
    "TaskRun",
    "TaskRunState",
    "TaskRunStateCache",
    "Variable",
    "WorkPool",
    "WorkQueue",
    "Worker",
]
