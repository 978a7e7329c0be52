"""Objects of mapped classes that are made often, without the ORM's own ways of making them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa

from penstock.server.database.tables.base import Base

Row = TypeVar("Row", bound=Base)


def new_row(table: type[Row], **values: Any) -> Row:
    """Return an object of no session with these values of its columns, by their attributes.

    With those of all columns it is as its row in the database. The constructor of the class does the same
    in several times the time: it tells of every value that it was set, which nobody listens to for an
    object that is not in a session.
    """
    row = table()
    sa.inspect(row).dict.update(values)
    return row


def stored_row(table: type[Row], values: Sequence[Any]) -> Row:
    """Return an object of no session that is as its row, given the values of ``stored_columns``."""
    return new_row(table, **dict(zip(stored_columns(table), values, strict=True)))


@lru_cache(maxsize=64)
def stored_columns(table: type[Base]) -> Mapping[str, sa.ColumnElement[Any]]:
    """Return all columns of the table by their attributes, in the order of the class."""
    columns = sa.inspect(table).columns
    return {prop.key: columns[prop.key] for prop in sa.inspect(table).column_attrs}
