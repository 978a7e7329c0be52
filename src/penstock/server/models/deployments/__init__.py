"""Deployments: ``reads``, ``writes``, and ``readiness`` (whether somebody serves them)."""

from penstock.server.models.deployments.readiness import (
    mark_deployments_ready,
    mark_silent_deployments_not_ready,
)
from penstock.server.models.deployments.reads import (
    count_deployments,
    read_deployment,
    read_deployment_by_name,
    read_deployments,
)
from penstock.server.models.deployments.writes import (
    create_deployment,
    delete_deployment,
    record_deletion_of_deployments,
    set_deployment_paused,
    update_deployment,
)
from penstock.server.models.schedules import delete_future_scheduled_runs

__all__ = [
    "count_deployments",
    "create_deployment",
    "delete_deployment",
    "delete_future_scheduled_runs",
    "mark_deployments_ready",
    "mark_silent_deployments_not_ready",
    "read_deployment",
    "read_deployment_by_name",
    "read_deployments",
    "record_deletion_of_deployments",
    "set_deployment_paused",
    "update_deployment",
]
