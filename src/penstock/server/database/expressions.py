"""SQL expressions whose text differs between the two databases, under one name each.

Time is always the database's own: on PostgreSQL the start of the statement, on SQLite a
function that the connection registers (``dialects/sqlite.py``).
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from penstock.server.database.types import Timestamp


class database_now(FunctionElement[datetime]):  # noqa: N801 - reads like a SQL function
    """The database's clock at the start of the statement."""

    type = Timestamp()
    inherit_cache = True
    name = "database_now"


class seconds_before_now(FunctionElement[datetime]):  # noqa: N801
    """The moment a number of seconds before ``database_now()``."""

    type = Timestamp()
    inherit_cache = True
    name = "seconds_before_now"


class json_text(FunctionElement[str]):  # noqa: N801
    """The text of one top-level key of a JSON column: ``json_text(column, literal key)``."""

    type = sa.Text()
    inherit_cache = True
    name = "json_text"


@compiles(database_now, "postgresql")
def _now_postgresql(element: database_now, compiler: SQLCompiler, **kw: Any) -> str:
    return "statement_timestamp()"


@compiles(database_now, "sqlite")
def _now_sqlite(element: database_now, compiler: SQLCompiler, **kw: Any) -> str:
    return "penstock_now()"


@compiles(seconds_before_now, "postgresql")
def _before_postgresql(element: seconds_before_now, compiler: SQLCompiler, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"(statement_timestamp() - make_interval(secs => {seconds}))"


@compiles(seconds_before_now, "sqlite")
def _before_sqlite(element: seconds_before_now, compiler: SQLCompiler, **kw: Any) -> str:
    return f"penstock_seconds_before_now({compiler.process(element.clauses, **kw)})"


@compiles(json_text, "postgresql")
def _json_text_postgresql(element: json_text, compiler: SQLCompiler, **kw: Any) -> str:
    column, key = element.clauses
    return f"({compiler.process(column, **kw)} ->> {compiler.process(key, **kw)})"


@compiles(json_text, "sqlite")
def _json_text_sqlite(element: json_text, compiler: SQLCompiler, **kw: Any) -> str:
    column, key = element.clauses
    return f"json_extract({compiler.process(column, **kw)}, '$.' || {compiler.process(key, **kw)})"
