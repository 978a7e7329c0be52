"""Filters of work queues."""

import sqlalchemy as sa

from penstock.schemas.filters import WorkQueueFilter
from penstock.server.database.filters.operators import Condition, Criteria, by_value, conditions
from penstock.server.database.orm_models import WorkQueue

CRITERIA: Criteria = {
    "id": by_value(WorkQueue.id),
    "name": by_value(WorkQueue.name),
}


def work_queue_conditions(work_queue_filter: WorkQueueFilter) -> list[Condition]:
    """Return the condition on ``work_queue``, or nothing when the filter asks nothing."""
    return conditions(work_queue_filter, CRITERIA)


def work_queue_criteria(work_queue_filter: WorkQueueFilter | None) -> Condition:
    """Return the condition on ``work_queue``."""
    return sa.and_(sa.true(), *(work_queue_conditions(work_queue_filter) if work_queue_filter else ()))
