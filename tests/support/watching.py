"""Watching a database at work: every statement is explained where it is sent, in its own transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event

from penstock.server.database import DBInterface
from tests.support.plans import Plan, read_details, read_tree

EXPLAINABLE = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, COSTS OFF"
WAYS_OF_PLANNING = {"force_custom_plan": False, "force_generic_plan": True}
"""Settings of PostgreSQL, and whether the plan is for any values."""


@dataclass
class Watch:
    """What was seen; on PostgreSQL each statement twice, once for each way of planning.

    ``steps`` are those of SQLite's virtual machine, for all statements together.
    """

    plans: list[Plan] = field(default_factory=list)
    steps: int = 0

    @property
    def pages(self) -> int:
        """How many pages PostgreSQL read, for all statements together."""
        return sum(plan.pages for plan in self.plans)


class _Watcher:
    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._is_explaining = False
        self._counted: set[Any] = set()

    def before(
        self, connection: sa.Connection, _cursor: Any, statement: str, values: Any, _context: Any, many: bool
    ) -> None:
        """Explain what is about to be sent."""
        if self._is_explaining or not statement.lstrip().upper().startswith(EXPLAINABLE):
            return
        self._is_explaining = True
        try:
            # the values of many executions come in a list, those of one statement never do
            values = values[0] if many and isinstance(values, list) else values
            if connection.dialect.name == "sqlite":
                self._explain_on_sqlite(connection, statement, values)
            else:
                self._explain_on_postgresql(connection, statement, values)
        finally:
            self._is_explaining = False

    def _explain_on_sqlite(self, connection: sa.Connection, statement: str, values: Any) -> None:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        self._watch.plans.append(read_details(statement, rows))
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.run_async(lambda sqlite: sqlite.set_progress_handler(self._step, 1))
        self._counted.add(connection.connection.driver_connection)

    async def stop_counting(self) -> None:
        """Let SQLite's connections run at their full speed again."""
        for sqlite in self._counted:
            await sqlite.set_progress_handler(None, 0)

    def _step(self) -> int:
        if not self._is_explaining:
            self._watch.steps += 1
        return 0

    def _explain_on_postgresql(self, connection: sa.Connection, statement: str, values: Any) -> None:
        connection.exec_driver_sql(f"PREPARE planned AS {statement}")
        given = f"({', '.join(map(_literal, values))})" if values else ""
        for way, is_for_any_values in WAYS_OF_PLANNING.items():
            answer = _carried_out(connection, f"{EXPLAIN}, FORMAT JSON) EXECUTE planned{given}", way)
            (found,) = answer[0] if isinstance(answer[0], list) else orjson.loads(answer[0])
            text = "\n".join(_carried_out(connection, f"{EXPLAIN}) EXECUTE planned{given}", way))
            plan = read_tree(statement, text, found["Plan"])
            plan.is_for_any_values = is_for_any_values
            self._watch.plans.append(plan)
        connection.exec_driver_sql("DEALLOCATE planned")


def _carried_out(connection: sa.Connection, explain: str, way: str) -> list[Any]:
    """Return what the server says of a statement that it carries out and then takes back."""
    has_transaction = connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT"
    begin, undo = ("SAVEPOINT plan", "ROLLBACK TO plan") if has_transaction else ("BEGIN", "ROLLBACK")
    connection.exec_driver_sql(begin)
    connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {way}")
    answer = list(connection.exec_driver_sql(explain).scalars())
    connection.exec_driver_sql(undo)
    return answer


def _literal(value: Any) -> str:
    """Write a value that the driver would be given; the server knows its type from the statement."""
    if value is None:
        return "NULL"
    text = "{{{}}}".format(",".join(map(_element, value))) if isinstance(value, list) else str(value)
    return "'{}'".format(text.replace("'", "''"))


def _element(value: Any) -> str:
    """Write an element of an array."""
    if value is None:
        return "NULL"
    return '"{}"'.format(str(value).replace("\\", "\\\\").replace('"', '\\"'))


@asynccontextmanager
async def watched(db: DBInterface) -> AsyncIterator[Watch]:
    """Explain the statements that are sent meanwhile; what they do stays as it would be."""
    watch = Watch()
    watcher = _Watcher(watch)
    event.listen(db.engine.sync_engine, "before_cursor_execute", watcher.before)
    db.is_observed = True
    try:
        yield watch
    finally:
        db.is_observed = False
        event.remove(db.engine.sync_engine, "before_cursor_execute", watcher.before)
        await watcher.stop_counting()
