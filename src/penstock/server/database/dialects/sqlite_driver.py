"""aiosqlite for SQLAlchemy, with as few visits to the connection's thread as can be.

The adapter that comes with SQLAlchemy goes there for the cursor, for the statement, for its rows and
for the cursor's end. Most statements here take less time than one such visit, so there is one for a
statement, and none for a statement whose answer nobody needs: it goes with the next one, or with
the commit, which fails if it fails.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, cast

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.util import await_only

from penstock.server.database.dialects.sqlite_cursor import Cursor, Work


class _Connection(AsyncAdapt_aiosqlite_connection):
    """SQLAlchemy's connection, with a cursor that needs fewer visits."""

    __slots__ = ("_waiting",)

    _cursor_cls = cast(Any, Cursor)

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._waiting: list[Work] = []

    @property
    def in_transaction(self) -> bool:
        """Whether a statement would be part of a transaction that has begun."""
        return bool(cast(Any, self._connection).in_transaction)

    def send_later(self, statement: Work) -> None:
        """Send a statement with what comes next; its answer, and its failure, are that one's."""
        self._waiting.append(statement)

    def visit(self, work: Work) -> None:
        """Do what waits, and then something more, in the connection's thread."""
        await_only(self._do(work))

    async def fetch(self, operation: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """Do what waits, and then one statement, whose rows are returned."""
        rows: Sequence[Any] = ()

        def read(connection: sqlite3.Connection) -> None:
            nonlocal rows
            cursor = connection.execute(operation, parameters)
            rows = cursor.fetchall()
            cursor.close()

        await self._do(read)
        return rows

    async def send(self, operation: str, parameters: Sequence[Any]) -> None:
        """Send a statement with what comes next; its failure is that one's."""
        self.send_later(lambda connection: connection.execute(operation, parameters))

    async def send_each(self, operation: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Send a statement for each set of values, as ``send``."""
        self.send_later(lambda connection: connection.executemany(operation, parameters))

    async def _do(self, work: Work) -> None:
        waiting, self._waiting = self._waiting, []

        def do_all(connection: sqlite3.Connection) -> None:
            for one in waiting:
                one(connection)
            work(connection)

        try:
            await self._visit(do_all if waiting else work)
        except Exception as error:  # noqa: BLE001 - translated by SQLAlchemy, whatever it is
            self._handle_exception(error)

    def commit(self) -> None:
        self.visit(sqlite3.Connection.commit)

    def rollback(self) -> None:
        self._waiting.clear()
        if self.in_transaction:
            self.visit(sqlite3.Connection.rollback)

    async def _visit(self, work: Work) -> None:
        driver = cast(Any, self._connection)
        async with self._execute_mutex:
            await driver._execute(work, driver._conn)  # noqa: SLF001 - as SQLAlchemy does it


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    """The DBAPI module that the engine is given."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arguments: Any, **options: Any) -> _Connection:
        connection = super().connect(*arguments, **options)
        return _Connection(self, connection._connection)  # noqa: SLF001 - made anew as the other class


driver = _Driver()
"""To be given to ``create_async_engine`` as its module."""
