"""Filters and orders of deployments."""

from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import DeploymentFilter, DeploymentOrFlowNameFilter
from penstock.schemas.sorting import DeploymentSort
from penstock.server.database.filters.operators import Condition, Criteria, by_value, conditions
from penstock.server.database.filters.tags import TAG_OPERATORS
from penstock.server.database.orm_models import Deployment, Flow, WorkQueue

_present_queue_name = (
    sa.select(WorkQueue.name)
    .where(WorkQueue.id == Deployment.work_queue_id)
    .correlate(Deployment)
    .scalar_subquery()
)

SHOWN_QUEUE_NAME = sa.func.coalesce(_present_queue_name, Deployment.work_queue_name)
"""The name a deployment is answered with: that of its queue now, else the one it keeps."""


def _by_either_name(given: DeploymentOrFlowNameFilter) -> list[Condition]:
    if given.like_ is None:
        return []
    of_flow = sa.select(1).where(
        Flow.id == Deployment.flow_id, Flow.name.icontains(given.like_, autoescape=True)
    )
    own = Deployment.name.icontains(given.like_, autoescape=True)
    return [sa.or_(own, sa.exists(of_flow.correlate(Deployment)))]


def _by_nothing(given: object) -> list[Condition]:
    return []


CRITERIA: Criteria = {
    "id": by_value(Deployment.id),
    "name": by_value(Deployment.name),
    "flow_or_deployment_name": _by_either_name,
    "paused": by_value(Deployment.paused),
    "tags": by_value(Deployment.tags, TAG_OPERATORS),
    "work_queue_name": by_value(SHOWN_QUEUE_NAME),
    "concurrency_limit": _by_nothing,
}

ORDERS: dict[DeploymentSort, tuple[sa.ColumnElement[Any], ...]] = {
    DeploymentSort.CREATED_DESC: (Deployment.created.desc(), Deployment.id.desc()),
    DeploymentSort.UPDATED_DESC: (Deployment.updated.desc(), Deployment.id.desc()),
    DeploymentSort.NAME_ASC: (Deployment.name.asc(), Deployment.id.asc()),
    DeploymentSort.NAME_DESC: (Deployment.name.desc(), Deployment.id.desc()),
}


def deployment_conditions(deployment_filter: DeploymentFilter) -> list[Condition]:
    """Return the condition on ``deployment``, or nothing when the filter asks nothing."""
    return conditions(deployment_filter, CRITERIA)


def deployment_ordering(sort: DeploymentSort) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns to order deployments by, the id last."""
    return ORDERS[sort]
