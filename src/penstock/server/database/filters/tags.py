"""Tags: JSON lists of text, asked the same way of both databases."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from penstock.server.database.filters.operators import Condition, Operators


class has_tag(FunctionElement[bool]):  # noqa: N801 - reads like a SQL function
    """True where the list contains the text."""

    type = sa.Boolean()
    inherit_cache = True
    name = "has_tag"


class tag_count(FunctionElement[int]):  # noqa: N801
    """The length of the list."""

    type = sa.Integer()
    inherit_cache = True
    name = "tag_count"


@compiles(has_tag, "postgresql")
def _has_tag_postgresql(element: has_tag, compiler: SQLCompiler, **kw: Any) -> str:
    column, tag = element.clauses
    return f"({compiler.process(column, **kw)} @> jsonb_build_array({compiler.process(tag, **kw)}))"


@compiles(has_tag, "sqlite")
def _has_tag_sqlite(element: has_tag, compiler: SQLCompiler, **kw: Any) -> str:
    column, tag = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(EXISTS (SELECT 1 FROM json_each({column}) AS tag WHERE tag.value = {tag}))"  # noqa: S608


@compiles(tag_count, "postgresql")
def _tag_count_postgresql(element: tag_count, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_array_length({compiler.process(element.clauses, **kw)})"


@compiles(tag_count, "sqlite")
def _tag_count_sqlite(element: tag_count, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_length({compiler.process(element.clauses, **kw)})"


def has_all_tags(column: Any, tags: Sequence[str]) -> Condition:
    """True where every one of the tags is there; with no tags, everywhere."""
    return sa.and_(sa.true(), *(has_tag(column, sa.literal(tag, sa.Text())) for tag in tags))


def has_any_tag(column: Any, tags: Sequence[str]) -> Condition:
    """True where at least one of the tags is there; with no tags, nowhere."""
    return sa.or_(sa.false(), *(has_tag(column, sa.literal(tag, sa.Text())) for tag in tags))


def has_no_tags(column: Any, wanted: bool = True) -> Condition:
    """True where the list is empty, or with ``wanted`` false where it is not."""
    return tag_count(column) == 0 if wanted else tag_count(column) > 0


TAG_OPERATORS: Operators = {"all_": has_all_tags, "any_": has_any_tag, "is_null_": has_no_tags}
