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
    delete_future_scheduled_runs,
    update_deployment,
)

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
    "update_deployment",
]
