"""A cursor whose rows are read together with the statement, for all connections to SQLite."""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

Rows = deque[Any]
Work = Callable[[sqlite3.Connection], object]


class Visited(Protocol):
    """A connection on which a cursor has things done."""

    def visit(self, work: Work) -> None:
        """Do something, after what waits."""

    def send_later(self, statement: Work) -> None:
        """Send a statement with what comes next; its answer, and its failure, are that one's."""


class Cursor:
    """A DBAPI cursor."""

    server_side = False
    arraysize = 1

    def __init__(self, connection: Visited) -> None:
        self._connection = connection
        self._rows: Rows = deque()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.needs_answer = True

    def execute(self, operation: str, parameters: Any = ()) -> None:
        """As in the DBAPI."""
        if self.needs_answer:
            self._run(lambda connection: connection.execute(operation, parameters or ()))
        else:
            self._connection.send_later(lambda connection: connection.execute(operation, parameters or ()))

    def execute_first(self, operation: str) -> None:
        """Let a statement without parameters go before the one that this cursor is about to send."""
        self._connection.send_later(lambda connection: connection.execute(operation))

    def executemany(self, operation: str, parameters: Sequence[Any]) -> None:
        """As in the DBAPI."""
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
        """As in the DBAPI."""
        self._rows.clear()

    def setinputsizes(self, *sizes: Any) -> None:
        """SQLite needs no sizes."""

    def fetchone(self) -> Any:
        """As in the DBAPI."""
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """As in the DBAPI."""
        wanted = self.arraysize if size is None else size
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    def fetchall(self) -> Sequence[Any]:
        """As in the DBAPI."""
        rows, self._rows = list(self._rows), deque()
        return rows

    def __iter__(self) -> Iterator[Any]:
        while self._rows:
            yield self._rows.popleft()
