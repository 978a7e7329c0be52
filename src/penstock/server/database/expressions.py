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


def seconds_from_now(seconds: float | None) -> sa.ColumnElement[datetime] | None:
    """Return the moment a number of seconds after ``database_now()``; None for None."""
    return None if seconds is None else seconds_before_now(sa.literal(-seconds, sa.Double()))


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


class epoch_microseconds(FunctionElement[int]):  # noqa: N801
    """The whole microseconds from 1970 to a moment."""

    type = sa.BigInteger()
    inherit_cache = True
    name = "epoch_microseconds"


@compiles(epoch_microseconds, "postgresql")
def _epoch_postgresql(element: epoch_microseconds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(EXTRACT(epoch FROM {compiler.process(element.clauses, **kw)}) * 1000000 AS BIGINT)"


@compiles(epoch_microseconds, "sqlite")
def _epoch_sqlite(element: epoch_microseconds, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.clauses, **kw)
    # strftime knows milliseconds only and would round up to the next second
    seconds = f"CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER)"
    return f"({seconds} * 1000000 + CAST(substr({moment}, 21, 6) AS INTEGER))"


class label_text(FunctionElement[str]):  # noqa: N801
    """The text of one key, whatever characters it has, of a JSON object: ``label_text(object, key)``."""

    type = sa.Text()
    inherit_cache = True
    name = "label_text"


@compiles(label_text, "postgresql")
def _label_postgresql(element: label_text, compiler: SQLCompiler, **kw: Any) -> str:
    labels, key = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({labels} ->> CAST({key} AS TEXT))"


@compiles(label_text, "sqlite")
def _label_sqlite(element: label_text, compiler: SQLCompiler, **kw: Any) -> str:
    labels, key = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(SELECT label.value FROM json_each({labels}) AS label WHERE label.key = {key})"  # noqa: S608


class json_elements(FunctionElement[Any]):  # noqa: N801
    """The elements of a JSON list as rows: ``json_elements(list).table_valued("value")``."""

    inherit_cache = True
    name = "json_elements"


@compiles(json_elements, "postgresql")
def _elements_postgresql(element: json_elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_array_elements({compiler.process(element.clauses, **kw)})"


@compiles(json_elements, "sqlite")
def _elements_sqlite(element: json_elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


class has_element(FunctionElement[bool]):  # noqa: N801
    """True where a JSON list has an object with these texts: ``has_element(list, object as JSON text)``."""

    type = sa.Boolean()
    inherit_cache = True
    name = "has_element"


@compiles(has_element, "postgresql")
def _has_element_postgresql(element: has_element, compiler: SQLCompiler, **kw: Any) -> str:
    elements, wanted = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({elements} @> jsonb_build_array(CAST({wanted} AS JSONB)))"


@compiles(has_element, "sqlite")
def _has_element_sqlite(element: has_element, compiler: SQLCompiler, **kw: Any) -> str:
    elements, wanted = (compiler.process(clause, **kw) for clause in element.clauses)
    missing = (
        f"SELECT 1 FROM json_each({wanted}) AS want WHERE NOT EXISTS (SELECT 1 FROM"  # noqa: S608
        " json_each(one.value) AS have WHERE have.key = want.key AND have.value = want.value)"
    )
    return f"(EXISTS (SELECT 1 FROM json_each({elements}) AS one WHERE NOT EXISTS ({missing})))"  # noqa: S608


class has_pair(FunctionElement[bool]):  # noqa: N801
    """True where a JSON list of flat objects, as ``dump_json`` writes them, has one with this key and text.

    ``has_pair(list, object as JSON text)`` with an object of one key. Without an index this is far cheaper
    than ``has_element``: a pair can't be part of a text, where its quotes would be escaped.
    """

    type = sa.Boolean()
    inherit_cache = True
    name = "has_pair"


@compiles(has_pair, "postgresql")
def _has_pair_postgresql(element: has_pair, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(has_element(*element.clauses), **kw)


@compiles(has_pair, "sqlite")
def _has_pair_sqlite(element: has_pair, compiler: SQLCompiler, **kw: Any) -> str:
    elements, wanted = (compiler.process(clause, **kw) for clause in element.clauses)
    pair = f"substr({wanted}, 2, length({wanted}) - 2)"
    return f"(instr({elements}, '{{' || {pair}) > 0 OR instr({elements}, ',' || {pair}) > 0)"


class fits_glob(FunctionElement[bool]):  # noqa: N801
    """True where a text fits a pattern, by case: ``fits_glob(text, as GLOB, as LIKE)``."""

    type = sa.Boolean()
    inherit_cache = True
    name = "fits_glob"


@compiles(fits_glob, "postgresql")
def _glob_postgresql(element: fits_glob, compiler: SQLCompiler, **kw: Any) -> str:
    text, _, like = element.clauses
    return f"({compiler.process(text, **kw)} LIKE {compiler.process(like, **kw)} ESCAPE '~')"


@compiles(fits_glob, "sqlite")
def _glob_sqlite(element: fits_glob, compiler: SQLCompiler, **kw: Any) -> str:
    text, glob, _ = element.clauses
    return f"({compiler.process(text, **kw)} GLOB {compiler.process(glob, **kw)})"


class is_among(FunctionElement[Any]):  # noqa: N801
    """True where an id is in a list, however long: ``is_among(id, JSON text of hexadecimal ids)``.

    It has no type, for SQLAlchemy would compare a Boolean with 1 on SQLite, which then finds no rows by it.
    """

    type = sa.types.NULLTYPE
    inherit_cache = True
    name = "is_among"


@compiles(is_among, "postgresql")
def _among_postgresql(element: is_among, compiler: SQLCompiler, **kw: Any) -> str:
    one, ids = (compiler.process(clause, **kw) for clause in element.clauses)
    texts = f"SELECT jsonb_array_elements_text(CAST({ids} AS JSONB))"
    return f"({one} = ANY (CAST(ARRAY({texts}) AS UUID[])))"


@compiles(is_among, "sqlite")
def _among_sqlite(element: is_among, compiler: SQLCompiler, **kw: Any) -> str:
    one, ids = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({one} IN (SELECT value FROM json_each({ids})))"  # noqa: S608
