"""SQLite in the event loop's own thread, for statements that are done in no time.

Most take a twentieth of a millisecond. To let another thread do it, and to be told, costs several times
that, and where the loop is busy that thread waits for the interpreter at every step, milliseconds each
time. What would have to wait here is done otherwise: for another process that writes one tries again,
and the write-ahead log, for which the disk is waited for, is copied into the file by another thread.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar, cast

import aiosqlite
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_connection
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.util import await_only

from penstock.server.database.dialects.sqlite_connections import BUSY_TIMEOUT_SECONDS
from penstock.server.database.dialects.sqlite_cursor import Cursor, Work

Answer = TypeVar("Answer")

COMMITS_UNTIL_CHECKPOINT = 100

_BUSY_PAUSE_SECONDS = 0.005
_PRIMARY = 0xFF
"""Where the error code says what has happened; the rest says why."""


class InlineConnection(AsyncAdapt_dbapi_connection):
    """A connection that never waits for a lock: whoever uses it does, and lets others go on."""

    __slots__ = ()

    _cursor_cls = cast(Any, Cursor)
    _connection: Any

    @property
    def isolation_level(self) -> str | None:
        """As in the DBAPI."""
        return cast(str | None, self._connection.isolation_level)

    @isolation_level.setter
    def isolation_level(self, value: str | None) -> None:
        self._connection.isolation_level = value

    @property
    def in_transaction(self) -> bool:
        """Whether a statement would be part of a transaction that has begun."""
        return bool(self._connection.in_transaction)

    def create_function(self, *arguments: Any, **options: Any) -> None:
        """As in the DBAPI."""
        self._connection.create_function(*arguments, **options)

    def visit(self, work: Work) -> None:
        """Do something on the connection."""
        await_only(self._do(work))

    def send_later(self, statement: Work) -> None:
        """Send a statement, which takes no longer now than later."""
        self.visit(statement)

    async def fetch(self, operation: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """Send a statement and return its rows."""
        return (await self._do(lambda sqlite: sqlite.execute(operation, parameters))).fetchall()

    async def send(self, operation: str, parameters: Sequence[Any]) -> None:
        """Send a statement."""
        await self._do(lambda sqlite: sqlite.execute(operation, parameters))

    async def send_each(self, operation: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Send a statement for each set of values, in a transaction that has begun."""
        self._connection.executemany(operation, parameters)

    async def end(self, *, commit: bool) -> None:
        """Commit, or take back what was done."""
        if commit:
            self._connection.commit()
            await self._keep_log_short()
        else:
            self._connection.rollback()

    def commit(self) -> None:
        """As in the DBAPI."""
        if self.in_transaction:
            await_only(self.end(commit=True))

    def rollback(self) -> None:
        """As in the DBAPI."""
        self._connection.rollback()

    def close(self) -> None:
        """As in the DBAPI."""
        self._connection.close()

    def terminate(self) -> None:
        """Close without waiting for anything."""
        self.close()

    async def _do(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Do something on the connection; while another one keeps the file locked, try again.

        Raises:
            sqlite3.OperationalError: it has been locked for too long.
        """
        until: float | None = None
        while True:
            try:
                return work(self._connection)
            except sqlite3.OperationalError as error:
                now = monotonic()
                until = now + BUSY_TIMEOUT_SECONDS if until is None else until
                if not _is_busy(error) or now > until:
                    raise
            await asyncio.sleep(_BUSY_PAUSE_SECONDS)

    async def _keep_log_short(self) -> None:
        """Copy the log into the file now and then; who wants to write next waits for it, nobody else."""
        if self.dbapi.is_checkpoint_due():
            await asyncio.to_thread(checkpoint, self._connection)


class InlineDriver(AsyncAdapt_aiosqlite_dbapi):
    """The DBAPI module that an engine is given, one for each."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)
        self._commits = 0

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """As in the DBAPI."""
        return InlineConnection(self, cast(Any, sqlite3.connect(*arguments, **options)))

    def is_checkpoint_due(self) -> bool:
        """Count a commit; return whether the log has got long enough since the last time."""
        self._commits += 1
        if self._commits < COMMITS_UNTIL_CHECKPOINT:
            return False
        self._commits = 0
        return True


def checkpoint(sqlite: sqlite3.Connection) -> None:
    """Copy what is in the write-ahead log into the file, so that the log begins anew.

    What was committed is safe without; where it cannot be done now, it is done the next time.
    """
    with suppress(sqlite3.Error):
        sqlite.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Return whether another connection keeps the file locked; nothing was done then."""
    # what Python itself complains of has no code
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & _PRIMARY == sqlite3.SQLITE_BUSY
