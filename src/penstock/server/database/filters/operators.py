"""What each operator of a filter means as SQL."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import Operator
from penstock.schemas.foundations import FilterModel

Condition = sa.ColumnElement[bool]
Column = sa.ColumnElement[Any] | sa.orm.InstrumentedAttribute[Any]
Operators = Mapping[str, Callable[[Any, Any], Condition]]
Criterion = Callable[[Any], list[Condition]]
Criteria = Mapping[str, Criterion]

IGNORED_WHEN_EMPTY = frozenset({"not_any_", "startswith_"})
"""Operators whose empty list asks nothing; an empty ``any_`` matches nothing."""


def _is_none_of(column: Column, values: list[Any]) -> Condition:
    return sa.or_(column.is_(None), column.not_in(values))


def _contains(column: Column, text: str) -> Condition:
    return column.icontains(text, autoescape=True)


def _starts_with_any(column: Column, beginnings: list[str]) -> Condition:
    return sa.or_(*(column.istartswith(beginning, autoescape=True) for beginning in beginnings))


def _is_null(column: Column, wanted: bool) -> Condition:
    return column.is_(None) if wanted else column.is_not(None)


def _at_least(column: Column, value: int | datetime) -> Condition:
    return column >= value


def _at_most(column: Column, value: int | datetime) -> Condition:
    return column <= value


VALUE_OPERATORS: Operators = {
    "any_": lambda column, values: column.in_(values),
    "not_any_": _is_none_of,
    "like_": _contains,
    "startswith_": _starts_with_any,
    "is_null_": _is_null,
    "eq_": lambda column, value: column == value,
    "lt_": lambda column, value: column < value,
    "ge_": _at_least,
    "le_": _at_most,
    "after_": _at_least,
    "before_": _at_most,
}


def by_value(column: Column, operators: Operators = VALUE_OPERATORS) -> Criterion:
    """Return a criterion that applies every operator given to one column."""

    def criterion(given: FilterModel) -> list[Condition]:
        return joined(given, (operators[name](column, value) for name, value in operations(given)))

    return criterion


def conditions(given: FilterModel, criteria: Criteria) -> list[Condition]:
    """Return the one condition a filter makes, or nothing when it asks nothing."""
    found = (condition for name, value in operations(given) for condition in criteria[name](value))
    return joined(given, found)


def operations(given: FilterModel) -> Iterator[tuple[str, Any]]:
    """Yield what a filter object asks: the name of each field or operator, and its value."""
    for name, value in given:
        if name == "operator" or value is None or (value == [] and name in IGNORED_WHEN_EMPTY):
            continue
        yield name, value


def joined(given: FilterModel, found: Iterable[Condition]) -> list[Condition]:
    """Return the conditions as one, joined as the filter object says; no condition stays none."""
    listed = list(found)
    if len(listed) < 2:
        return listed
    either = getattr(given, "operator", Operator.and_) is Operator.or_
    return [sa.or_(*listed) if either else sa.and_(*listed)]
