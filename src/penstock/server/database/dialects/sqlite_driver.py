"""aiosqlite for SQLAlchemy, with as few visits to the connection's thread as can be.

The adapter that comes with SQLAlchemy goes there for the cursor, for the statement, for its rows and
for the cursor's end. Most statements here take less time than one such visit, so there is one for a
statement, and none for a statement whose answer nobody needs: it goes with the next one, or with
the commit, which fails if it fails.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.util import await_only

Rows = deque[Any]
Work = Callable[[sqlite3.Connection], object]


class _Cursor:
    """A DBAPI cursor whose rows are read together with the statement."""

    server_side = False
    arraysize = 1

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection
        self._rows: Rows = deque()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.needs_answer = True

    def execute(self, operation: str, parameters: Any = ()) -> None:
        if self.needs_answer:
            self._run(lambda connection: connection.execute(operation, parameters or ()))
        else:
            self._connection.send_later(lambda connection: connection.execute(operation, parameters or ()))

    def execute_first(self, operation: str) -> None:
        """Let a statement without parameters go before the one that this cursor is about to send."""
        self._connection.send_later(lambda connection: connection.execute(operation))

    def executemany(self, operation: str, parameters: Sequence[Any]) -> None:
        self._run(lambda connection: connection.executemany(operation, parameters))

    def _run(self, statement: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> None:
        self._connection.visit(lambda connection: self._read(statement(connection)))

    def _read(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self._rows = deque(cursor.fetchall() if cursor.description else ())
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()

    async def _async_soft_close(self) -> None:
        """Called by SQLAlchemy; there is nothing left to close."""

    def close(self) -> None:
        self._rows.clear()

    def setinputsizes(self, *sizes: Any) -> None:
        """SQLite needs no sizes."""

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        wanted = self.arraysize if size is None else size
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    def fetchall(self) -> Sequence[Any]:
        rows, self._rows = list(self._rows), deque()
        return rows

    def __iter__(self) -> Iterator[Any]:
        while self._rows:
            yield self._rows.popleft()


class _Connection(AsyncAdapt_aiosqlite_connection):
    """SQLAlchemy's connection, with the cursor above."""

    __slots__ = ("_waiting",)

    _cursor_cls = cast(Any, _Cursor)

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

    async def end(self, *, commit: bool) -> None:
        """Do what waits and commit; or do neither, and take back what was done."""
        if commit:
            await self._do(sqlite3.Connection.commit)
            return
        self._waiting.clear()
        await self._do(sqlite3.Connection.rollback)

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
