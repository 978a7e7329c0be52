"""Filters of workers. The status is the one reckoned from the last heartbeat."""

import sqlalchemy as sa

from penstock.schemas.filters import WorkerFilter
from penstock.server.database.filters.operators import Condition, Criteria, by_value, conditions
from penstock.server.database.orm_models import Worker

CRITERIA: Criteria = {
    "last_heartbeat_time": by_value(Worker.last_heartbeat_time),
    "status": by_value(Worker.status),
}


def worker_criteria(worker_filter: WorkerFilter | None) -> Condition:
    """Return the condition on ``worker``."""
    return sa.and_(sa.true(), *(conditions(worker_filter, CRITERIA) if worker_filter else ()))
