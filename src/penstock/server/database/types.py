"""Column types that mean the same on SQLite and on PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from penstock.core.moments import EARLIEST, LATEST
from penstock.server.database.json import dump_json, load_json

Model = TypeVar("Model", bound=BaseModel)


_FIRST = EARLIEST + timedelta.resolution
_LAST = LATEST - timedelta.resolution
_WITHOUT_ZONE = len("2026-11-24 09:09:29.115449")


class Timestamp(TypeDecorator[datetime]):
    """An aware UTC datetime with microseconds; naive values are refused.

    PostgreSQL keeps ``timestamptz``; SQLite keeps sortable text in UTC. The first and the last
    microsecond of time become their neighbours: asyncpg takes them for infinity.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], datetime | str | None]:
        """Return what writes a value, on SQLite as the text by which SQLAlchemy compares and reads it."""
        return _sqlite_text_of if dialect.name == "sqlite" else _utc_or_null

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], datetime | None] | None:
        """Return what reads a value; asyncpg needs nothing."""
        return _from_sqlite_text if dialect.name == "sqlite" else None


def _utc_or_null(value: datetime | None) -> datetime | None:
    return None if value is None else _in_utc(value)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("A timestamp needs a time zone.")
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc if _FIRST.year < utc.year < _LAST.year else min(max(utc, _FIRST), _LAST)


def _sqlite_text_of(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is not UTC or not _FIRST.year < value.year < _LAST.year:
        value = _in_utc(value)
    return value.isoformat(" ", "microseconds")[:_WITHOUT_ZONE]


def _from_sqlite_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}Z")


JSON: TypeEngine[Any] = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
"""Any JSON value; ``None`` is SQL NULL."""


class PydanticJSON(TypeDecorator[Model]):
    """A pydantic model kept as JSON; unknown stored keys are ignored, never an error."""

    impl = JSON
    cache_ok = True

    def __init__(self, model: type[Model]) -> None:
        super().__init__()
        self.model = model

    def bind_processor(self, dialect: Dialect) -> Callable[[Model | dict[str, Any] | None], str | None]:
        """Return what writes a value as JSON text."""
        return _json_text_of

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Model | None]:
        """Return what reads a value: SQLite gives the JSON text, asyncpg what it means."""
        if dialect.name == "sqlite":
            return _unless_null(self.model.model_validate_json)
        validate = self.model.model_validate
        return lambda value: None if value is None else validate(value)


class ReadFromText(TypeDecorator[Any]):
    """What a JSON column means, read from its text: drivers make more work of JSON than of text."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self.read = read

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Any]:
        """Return what reads a value."""
        return _unless_null(self.read)


def _unless_null(read: Callable[[str], Any]) -> Callable[[str | None], Any]:
    """Return what reads JSON text, but none for SQL's null and JSON's."""
    return lambda text: None if text is None or text == "null" else read(text)


def as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a column as it is selected where it is read from its JSON text; any other one as it is.

    Models that were stored as the same text may be the same object: who changes one changes a copy.
    """
    if isinstance(column.type, PydanticJSON):
        model: type[BaseModel] = column.type.model
        return sa.type_coerce(sa.cast(column, sa.Text()), ReadFromText(_reader_of(model)))
    if isinstance(column.type, sa.JSON):
        return sa.type_coerce(sa.cast(column, sa.Text()), ReadFromText(load_json))
    return column


@lru_cache(maxsize=64)
def _reader_of(model: type[BaseModel]) -> Callable[[str], BaseModel]:
    return lru_cache(maxsize=64)(model.model_validate_json)


def _json_text_of(value: BaseModel | dict[str, Any] | None) -> str | None:
    if value is None:
        return None
    return dump_json(value) if isinstance(value, dict) else value.model_dump_json()


def enum_type(members: type[StrEnum]) -> sa.Enum:
    """Return a text column type holding the upper-case names of an enumeration."""
    return sa.Enum(members, native_enum=False, create_constraint=False, length=16)


def position_type() -> TypeEngine[int]:
    """Return the type of a column that numbers the rows of a table as they are inserted."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
