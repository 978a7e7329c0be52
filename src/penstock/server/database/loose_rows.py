"""Rows of tables as objects without the ORM: for what is read, judged and written by plain statements.

The attributes of a mapped class tell its session of everything that is got or set. Where no session
listens that costs more than the judging. A loose row is an object of the same class whose attributes are
its own: it remembers what it was read as, so that what has changed can be written.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, NoReturn, TypeVar, cast

import sqlalchemy as sa

from penstock.server.database.tables.base import Base
from penstock.server.database.types import as_text

Row = TypeVar("Row", bound=Base)


class _Unread:
    """Stands for an attribute of a loose row until it has a value."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, row: object, owner: type) -> NoReturn:
        raise AttributeError(f"'{self._name}' of this row was not read.")


_UNREAD = object()


class LooseRow:
    """What the classes of loose rows have beside the attributes of the mapped class."""

    mapped_class: ClassVar[type[Base]]
    stored: dict[str, Any]
    """The values that are in the database, by attribute."""

    def changes(self) -> dict[str, Any]:
        """Return the values that were set since the row was read."""
        stored = self.stored
        return {name: value for name, value in vars(self).items() if stored.get(name, _UNREAD) is not value}

    def keep(self, changes: Mapping[str, Any], recomputed: Iterable[str]) -> None:
        """Note that the changes are in the database, which has computed some values anew."""
        values = vars(self)
        for known in (values, self.stored):
            known.update(changes)
            for name in recomputed:
                known.pop(name, None)


def loose_row(table: type[Row], values: dict[str, Any]) -> Row:
    """Return an object that is as its row in the database; no session may be given it.

    Args:
        values: of its columns by their attributes, of all columns or of some; it is kept. One that is not
            given can't be asked for.
    """
    loose = _loose_class(table)
    row = cast(Any, object.__new__(loose))
    row.stored = values
    row.__dict__.update(values)
    return cast(Row, row)


def stored_row(table: type[Row], values: Sequence[Any]) -> Row:
    """Return the loose row of the values of ``stored_columns``."""
    return loose_row(table, dict(zip(stored_columns(table), values, strict=True)))


@lru_cache(maxsize=64)
def stored_columns(table: type[Base]) -> Mapping[str, sa.ColumnElement[Any]]:
    """Return all columns of the table by their attributes, in the order of the class, as they are read."""
    columns = sa.inspect(table).columns
    return {prop.key: as_text(columns[prop.key]) for prop in sa.inspect(table).column_attrs}


def class_of(row: Base) -> type[Base]:
    """Return the mapped class of an object."""
    return row.mapped_class if isinstance(row, LooseRow) else type(row)


@lru_cache(maxsize=64)
def _loose_class(table: type[Base]) -> type[Base]:
    """Return the class of the table's loose rows: it is not mapped, so nobody is told of its attributes."""
    unread = {one.key: _Unread(one.key) for one in sa.inspect(table).attrs}
    own = {"__abstract__": True, "__slots__": ("stored",), "mapped_class": table}
    make: Any = type(table)
    loose: type[Base] = make(table.__name__, (LooseRow, table), {**unread, **own})
    return loose
