"""Plain statements: their text and the order of their values are worked out once.

SQLAlchemy finds the text of a statement anew by its parts for each execution, and describes its rows
anew; for the statements that are sent most this costs more than sending them. What is plain is compiled
once. Its values and rows go through the same types, so both databases are told and tell the same.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

Parameters = Mapping[str, Any]
Row = Sequence[Any]
Process = Callable[[Any], Any]
Query = sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]]
Statement = Query | sa.Insert | sa.Update | sa.TextClause


NEEDS_NO_ANSWER = "penstock_needs_no_answer"
"""An execution option: neither rows nor their number are asked for, and a failure may come later.

It comes with the next statement or with the commit, so nothing is committed without it.
"""


class Statements(Protocol):
    """Where plain statements are sent."""

    async def rows(self, statement: Statement, parameters: Parameters) -> Sequence[Row]:
        """Send a statement and return its rows, without names.

        Args:
            statement: one that is kept, for it is compiled when it is first seen.
            parameters: the values of its parameters, by name.

        Raises:
            DBAPIError: the database refuses it, or is away.
        """

    async def write(self, statements: Sequence[Statement], parameters: Parameters) -> None:
        """Send statements whose answers nobody needs, each of which takes its values from the same ones.

        A failure may come later, with the next statement or with the commit.

        Raises:
            DBAPIError: as before.
        """

    async def write_each(self, statement: Statement, parameters: Sequence[Parameters]) -> None:
        """Send a statement once for each set of values, as ``write``.

        Raises:
            DBAPIError: as before.
        """


class SessionNeededError(Exception):
    """What is to be read or written in a transaction of plain statements needs one of a session."""


class PlainStatement:
    """The text of a statement, and what its values and its rows go through."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text = str(compiled)
        assert "POSTCOMPILE" not in self.text, "a statement with a list of values is not plain"
        self._values = [
            (name, compiled.params[name], _writer(compiled.binds[name], dialect))
            for name in compiled.positiontup or ()
        ]
        columns = statement.selected_columns if isinstance(statement, sa.SelectBase) else ()
        readers = enumerate(_reader(column, dialect) for column in columns)
        self._readers = [(number, reader) for number, reader in readers if reader is not None]

    def values(self, parameters: Parameters) -> list[Any]:
        """Return the values in the order of their places in the text."""
        values = []
        for name, default, write in self._values:
            value = parameters.get(name, default)
            values.append(value if write is None else write(value))
        return values

    def read(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows of an answer with the values that their columns mean."""
        if not self._readers:
            return rows
        return [self._read(list(row)) for row in rows]

    def _read(self, row: list[Any]) -> Row:
        for number, reader in self._readers:
            row[number] = reader(row[number])
        return row


def _writer(parameter: sa.BindParameter[Any], dialect: Dialect) -> Process | None:
    if isinstance(parameter.type, sa.ARRAY) and parameter.type.dimensions == 1:
        return _list_writer(parameter.type.item_type.dialect_impl(dialect).bind_processor(dialect))
    return parameter.type.dialect_impl(dialect).bind_processor(dialect)


def _list_writer(write: Process | None) -> Process | None:
    """Return what SQLAlchemy does for lists of any depth, for a plain list."""
    if write is None:
        return None
    return lambda values: [write(one) for one in values]


def _reader(column: sa.ColumnElement[Any], dialect: Dialect) -> Process | None:
    if isinstance(column.type, sa.Float):
        # both drivers give floats
        return None
    read = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return _read_id if read is not None and isinstance(column.type, sa.Uuid) else read


@lru_cache(maxsize=1024)
def _read_id(stored: str | None) -> UUID | None:
    """Read an id that a driver gives as text; the same few pools, queues and deployments come again."""
    return None if stored is None else UUID(stored)


class PlainStatements:
    """The plain statements of one kind of database, each compiled when it is first asked for."""

    def __init__(self) -> None:
        self._compiled: WeakKeyDictionary[Statement, PlainStatement] = WeakKeyDictionary()

    def of(self, statement: Statement, dialect: Dialect) -> PlainStatement:
        """Return the statement, compiled."""
        plain = self._compiled.get(statement)
        if plain is None:
            plain = self._compiled[statement] = PlainStatement(statement, dialect)
        return plain
