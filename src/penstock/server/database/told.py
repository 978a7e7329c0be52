"""Rows that are told as they are stored: from the columns of a table to the JSON of an answer.

Where nobody looks at a row between database and answer, its JSON columns can stay the texts they are.
Ids and times are written as the schemas write them.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from pydantic import BaseModel

from penstock.schemas.timestamps import to_wire
from penstock.server.database.plain import Row
from penstock.server.database.tables.base import Base
from penstock.server.database.types import PydanticJSON, Timestamp

Write = Callable[[Any], Any]


def dump_told(value: Any) -> bytes:
    """Return the JSON text of what is told."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


class ToldColumns:
    """Some columns of a table: how they are selected, and how a row of them is told.

    Args:
        table: the mapped class.
        names: its attributes, which are those of the answer too.
        read: those whose values are looked at and not only told.
    """

    def __init__(self, table: type[Base], names: Iterable[str], read: Container[str] = ()) -> None:
        self.names = tuple(names)
        columns = sa.inspect(table).columns
        own = [(name, columns[name]) for name in self.names]
        self.selected: Sequence[sa.ColumnElement[Any]] = [
            column if name in read else _as_stored(column) for name, column in own
        ]
        writers = [(name, _writer_of(column)) for name, column in own]
        self._writers = [(name, write) for name, write in writers if write is not None]

    def told(self, row: Row) -> dict[str, Any]:
        """Return what is told of a row that begins with the columns, for ``dump_told``."""
        told = dict(zip(self.names, row, strict=False))
        for name, write in self._writers:
            value = told[name]
            if value is not None:
                told[name] = write(value)
        return told


def _as_stored(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if _is_json(column):
        return sa.cast(column, sa.Text())
    return sa.type_coerce(column, sa.types.NULLTYPE) if _writer_of(column) or _is_enum(column) else column


def _is_json(column: sa.ColumnElement[Any]) -> bool:
    return isinstance(column.type, PydanticJSON | sa.JSON)


def _is_enum(column: sa.ColumnElement[Any]) -> bool:
    return isinstance(column.type, sa.Enum)


def _writer_of(column: sa.ColumnElement[Any]) -> Write | None:
    if isinstance(column.type, PydanticJSON):
        return _writer_of_model(column.type.model)
    if _is_json(column):
        return orjson.Fragment
    if isinstance(column.type, Timestamp):
        return _told_moment
    return _told_id if isinstance(column.type, sa.Uuid) else None


def _told_moment(value: datetime | str) -> datetime | str:
    """Write a moment, or leave it to ``orjson``, which is quicker and leaves out only zeros.

    SQLite stores it as text, in UTC and with microseconds.
    """
    if isinstance(value, str):
        return f"{value[:10]}T{value[11:]}Z"
    return value if value.microsecond else to_wire(value)


def _told_id(value: UUID | str) -> str:
    """Write an id; SQLite stores its hexadecimal digits."""
    if isinstance(value, str):
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"
    return str(value)


def _writer_of_model(model: type[BaseModel]) -> Write:
    """Return what writes a stored model with all its fields, also those that it was stored without."""

    @lru_cache(maxsize=256)
    def write(text: str) -> orjson.Fragment:
        return orjson.Fragment(model.model_validate_json(text).model_dump_json())

    return write
