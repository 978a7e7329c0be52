"""Filters and orders of the API as SQL (workers.md 2.6, orchestration.md 2.8).

``operators`` says what each operator means, once for all; a file per noun says which column
each field of its filter is about. ``relations`` joins nouns: a run matches a filter of pools
when it has a pool that matches. Every ``<noun>_criteria`` is one condition, true for all rows
when nothing is asked; every ``<noun>_ordering`` ends with the id, so that pages never overlap.
"""

from penstock.server.database.filters.artifacts import artifact_ordering
from penstock.server.database.filters.blocks import (
    block_document_criteria,
    block_document_ordering,
    block_schema_criteria,
    block_type_criteria,
)
from penstock.server.database.filters.deployments import deployment_ordering
from penstock.server.database.filters.events import (
    after_event,
    distinct_event_ids,
    event_criteria,
    event_ordering,
)
from penstock.server.database.filters.flow_runs import flow_run_ordering
from penstock.server.database.filters.flows import flow_ordering
from penstock.server.database.filters.logs import log_criteria, log_ordering
from penstock.server.database.filters.relations import (
    ArtifactRelations,
    DeploymentRelations,
    FlowRelations,
    FlowRunRelations,
    TaskRunRelations,
    artifact_collection_criteria,
    artifact_criteria,
    deployment_criteria,
    flow_criteria,
    flow_run_criteria,
    task_run_criteria,
)
from penstock.server.database.filters.tags import has_all_tags, has_any_tag, has_no_tags
from penstock.server.database.filters.task_runs import task_run_ordering
from penstock.server.database.filters.variables import variable_criteria, variable_ordering
from penstock.server.database.filters.work_pools import work_pool_criteria
from penstock.server.database.filters.work_queues import work_queue_criteria
from penstock.server.database.filters.workers import worker_criteria

__all__ = [
    "ArtifactRelations",
    "DeploymentRelations",
    "FlowRelations",
    "FlowRunRelations",
    "TaskRunRelations",
    "after_event",
    "artifact_collection_criteria",
    "artifact_criteria",
    "artifact_ordering",
    "block_document_criteria",
    "block_document_ordering",
    "block_schema_criteria",
    "block_type_criteria",
    "deployment_criteria",
    "deployment_ordering",
    "distinct_event_ids",
    "event_criteria",
    "event_ordering",
    "flow_criteria",
    "flow_ordering",
    "flow_run_criteria",
    "flow_run_ordering",
    "has_all_tags",
    "has_any_tag",
    "has_no_tags",
    "log_criteria",
    "log_ordering",
    "task_run_criteria",
    "task_run_ordering",
    "variable_criteria",
    "variable_ordering",
    "work_pool_criteria",
    "work_queue_criteria",
    "worker_criteria",
]
