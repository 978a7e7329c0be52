"""Filters and orders of flows."""

from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import FlowFilter, FlowFilterDeployment
from penstock.schemas.sorting import FlowSort
from penstock.server.database.filters.operators import Condition, Criteria, by_value, conditions
from penstock.server.database.filters.tags import TAG_OPERATORS
from penstock.server.database.orm_models import Deployment, Flow


def _by_having_a_deployment(given: FlowFilterDeployment) -> list[Condition]:
    if given.is_null_ is None:
        return []
    deployed = sa.exists(sa.select(1).where(Deployment.flow_id == Flow.id).correlate(Flow))
    return [~deployed if given.is_null_ else deployed]


CRITERIA: Criteria = {
    "id": by_value(Flow.id),
    "name": by_value(Flow.name),
    "tags": by_value(Flow.tags, TAG_OPERATORS),
    "deployment": _by_having_a_deployment,
}

ORDERS: dict[FlowSort, tuple[sa.ColumnElement[Any], ...]] = {
    FlowSort.CREATED_DESC: (Flow.created.desc(), Flow.id.desc()),
    FlowSort.UPDATED_DESC: (Flow.updated.desc(), Flow.id.desc()),
    FlowSort.NAME_ASC: (Flow.name.asc(), Flow.id.asc()),
    FlowSort.NAME_DESC: (Flow.name.desc(), Flow.id.desc()),
}


def flow_conditions(flow_filter: FlowFilter) -> list[Condition]:
    """Return the condition on ``flow``, or nothing when the filter asks nothing."""
    return conditions(flow_filter, CRITERIA)


def flow_ordering(sort: FlowSort) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns to order flows by, the id last."""
    return ORDERS[sort]
