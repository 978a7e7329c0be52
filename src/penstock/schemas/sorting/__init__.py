"""The orders a listing can be asked for (orchestration.md 2.8); equal rows are ordered by id."""

from penstock.schemas.sorting.artifacts import ArtifactSort
from penstock.schemas.sorting.block_documents import BlockDocumentSort
from penstock.schemas.sorting.deployments import DeploymentSort
from penstock.schemas.sorting.flow_runs import FlowRunSort
from penstock.schemas.sorting.flows import FlowSort
from penstock.schemas.sorting.logs import LogSort
from penstock.schemas.sorting.task_runs import TaskRunSort
from penstock.schemas.sorting.variables import VariableSort

__all__ = [
    "ArtifactSort",
    "BlockDocumentSort",
    "DeploymentSort",
    "FlowRunSort",
    "FlowSort",
    "LogSort",
    "TaskRunSort",
    "VariableSort",
]
