"""How a database means to run a statement, and what it then had to look at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

POSTGRESQL_PREFIX = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
SQLITE_PREFIX = "EXPLAIN QUERY PLAN "
STEPS_AT_ONCE = 100


@dataclass
class Plan:
    """The use of one table by a statement.

    ``effort`` is what the statement cost in all: rows of the table that were looked at
    (PostgreSQL), steps of the virtual machine (SQLite).
    """

    indexes: set[str] = field(default_factory=set)
    scans: list[str] = field(default_factory=list)
    sorts: list[str] = field(default_factory=list)
    effort: int = 0


class explain(sa.Executable, sa.ClauseElement):  # noqa: N801 - reads like SQL
    """A statement with EXPLAIN before it."""

    inherit_cache = False

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(explain, "postgresql")
def _explain_postgresql(element: explain, compiler: SQLCompiler, **kw: Any) -> str:
    return POSTGRESQL_PREFIX + _text(element, compiler, kw)


@compiles(explain, "sqlite")
def _explain_sqlite(element: explain, compiler: SQLCompiler, **kw: Any) -> str:
    return SQLITE_PREFIX + _text(element, compiler, kw)


def _text(element: explain, compiler: SQLCompiler, kw: dict[str, Any]) -> str:
    text = compiler.process(element.statement, **kw)
    # the answer is a plan, not the statement's columns
    compiler._result_columns = []
    return text


async def plan_of(session: AsyncSession, table: str, statement: Any, parameters: dict[str, Any]) -> Plan:
    """Explain and run a statement; tell what it does with a table."""
    connection = await session.connection()
    rows = (await connection.execute(explain(statement), parameters)).all()
    if connection.dialect.name == "postgresql":
        (tree,) = rows[0][0] if isinstance(rows[0][0], list) else orjson.loads(rows[0][0])
        return _read_tree(tree["Plan"], table)
    plan = _read_details([row[3] for row in rows], table)
    plan.effort = await _count_steps(session, statement, parameters)
    return plan


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _read_tree(root: dict[str, Any], table: str) -> Plan:
    plan = Plan()
    for node in _nodes(root):
        if node["Node Type"] in {"Sort", "Incremental Sort"}:
            plan.sorts.append(", ".join(node["Sort Key"]))
        if node.get("Relation Name") != table:
            continue
        if "Seq Scan" in node["Node Type"]:
            plan.scans.append(node["Node Type"])
        # the index of a bitmap scan is named below the table
        plan.indexes |= {one["Index Name"] for one in _nodes(node) if "Index Name" in one}
        seen = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        plan.effort += round(seen * node["Actual Loops"])
    return plan


def _read_details(details: list[str], table: str) -> Plan:
    plan = Plan()
    for detail in details:
        if re.match(rf"(SEARCH|SCAN) {table}\b", detail):
            index = re.search(r"INDEX (\w+)", detail)
            if index:
                plan.indexes.add(index[1])
            if detail.startswith("SCAN"):
                plan.scans.append(detail)
        if "TEMP B-TREE" in detail:
            plan.sorts.append(detail)
    return plan


async def _count_steps(session: AsyncSession, statement: Any, parameters: dict[str, Any]) -> int:
    """Run the statement and count the steps of SQLite's virtual machine, to the next hundred."""
    calls = 0

    def note() -> int:
        nonlocal calls
        calls += 1
        return 0

    connection = await session.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    await driver.set_progress_handler(note, STEPS_AT_ONCE)
    (await connection.execute(statement, parameters)).all()
    await driver.set_progress_handler(None, 0)
    return calls * STEPS_AT_ONCE
