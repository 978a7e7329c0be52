"""Filters and orders of log lines."""

from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import LogFilter, LogFilterTextSearch
from penstock.schemas.sorting import LogSort
from penstock.server.database.filters.operators import Condition, Criteria, by_value, conditions
from penstock.server.database.filters.text_search import TextQuery, parse_text_query
from penstock.server.database.orm_models import Log


def _says(term: str) -> Condition:
    return sa.or_(Log.message.icontains(term, autoescape=True), Log.name.icontains(term, autoescape=True))


def _by_text(given: LogFilterTextSearch) -> list[Condition]:
    query: TextQuery = parse_text_query(given.query)
    found = [_says(term) for term in query.required]
    found += [~_says(term) for term in query.excluded]
    if query.wanted:
        found.append(sa.or_(*map(_says, query.wanted)))
    return [sa.and_(*found)] if found else []


CRITERIA: Criteria = {
    "level": by_value(Log.level),
    "timestamp": by_value(Log.timestamp),
    "flow_run_id": by_value(Log.flow_run_id),
    "task_run_id": by_value(Log.task_run_id),
    "text": _by_text,
}

ORDERS: dict[LogSort, tuple[sa.ColumnElement[Any], ...]] = {
    LogSort.TIMESTAMP_ASC: (Log.timestamp.asc(), Log.id.asc()),
    LogSort.TIMESTAMP_DESC: (Log.timestamp.desc(), Log.id.desc()),
}


def log_criteria(log_filter: LogFilter | None) -> Condition:
    """Return the condition on ``log``."""
    return sa.and_(sa.true(), *(conditions(log_filter, CRITERIA) if log_filter else ()))


def log_ordering(sort: LogSort) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns to order lines by, the id last."""
    return ORDERS[sort]
