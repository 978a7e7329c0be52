"""Filters of work pools."""

import sqlalchemy as sa

from penstock.schemas.filters import WorkPoolFilter
from penstock.server.database.filters.operators import Condition, Criteria, by_value, conditions
from penstock.server.database.orm_models import WorkPool

CRITERIA: Criteria = {
    "id": by_value(WorkPool.id),
    "name": by_value(WorkPool.name),
    "type": by_value(WorkPool.type),
}


def work_pool_conditions(work_pool_filter: WorkPoolFilter) -> list[Condition]:
    """Return the condition on ``work_pool``, or nothing when the filter asks nothing."""
    return conditions(work_pool_filter, CRITERIA)


def work_pool_criteria(work_pool_filter: WorkPoolFilter | None) -> Condition:
    """Return the condition on ``work_pool``."""
    return sa.and_(sa.true(), *(work_pool_conditions(work_pool_filter) if work_pool_filter else ()))
