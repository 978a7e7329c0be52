"""Objects of mapped classes that are made often, without the ORM's own way of making them."""

from typing import Any, TypeVar

import sqlalchemy as sa

from penstock.server.database.tables.base import Base

Row = TypeVar("Row", bound=Base)


def new_row(table: type[Row], **values: Any) -> Row:
    """Return an object of no session with these values of its columns, by their attributes.

    The constructor of the class does the same in several times the time: it tells of every value that it
    was set, which nobody listens to for an object that is not in a session.
    """
    row = table()
    sa.inspect(row).dict.update(values)
    return row
