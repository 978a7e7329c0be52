"""Filters and orders of variables."""

from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import VariableFilter
from penstock.schemas.sorting import VariableSort
from penstock.server.database.filters.operators import Condition, Criteria, by_value, conditions
from penstock.server.database.filters.tags import TAG_OPERATORS
from penstock.server.database.orm_models import Variable

CRITERIA: Criteria = {
    "id": by_value(Variable.id),
    "name": by_value(Variable.name),
    "tags": by_value(Variable.tags, TAG_OPERATORS),
}

ORDERS: dict[VariableSort, tuple[sa.ColumnElement[Any], ...]] = {
    VariableSort.CREATED_DESC: (Variable.created.desc(), Variable.id.desc()),
    VariableSort.UPDATED_DESC: (Variable.updated.desc(), Variable.id.desc()),
    VariableSort.NAME_DESC: (Variable.name.desc(), Variable.id.desc()),
    VariableSort.NAME_ASC: (Variable.name.asc(), Variable.id.asc()),
}


def variable_criteria(variable_filter: VariableFilter | None) -> Condition:
    """Return the condition on ``variable``."""
    return sa.and_(sa.true(), *(conditions(variable_filter, CRITERIA) if variable_filter else ()))


def variable_ordering(sort: VariableSort) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns to order variables by, the id last."""
    return ORDERS[sort]
