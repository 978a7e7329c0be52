"""SQLite through aiosqlite: one file, one writer at a time, readers never wait (WAL)."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection

from penstock.core.errors import InvalidInputError
from penstock.server.database.announcements import OpenChannel
from penstock.server.database.dialects.sqlite_connections import BUSY_TIMEOUT_SECONDS, on_connect
from penstock.server.database.dialects.sqlite_driver import driver
from penstock.server.database.dialects.sqlite_inline import InlineDriver
from penstock.server.database.json import dump_json, load_json
from penstock.server.database.plain import NEEDS_NO_ANSWER, Statements

_BUSY_PAUSE_SECONDS = 0.01


_INLINE: Mapping[str, Any] = {"timeout": 1.0, "cached_statements": 256, "check_same_thread": False}
"""Only while a connection is made somebody may be waited for."""


def _wait_for_nothing(connection: Any, _record: Any) -> None:
    """Neither for other processes nor for the disk."""
    for pragma in ("PRAGMA busy_timeout = 0", "PRAGMA wal_autocheckpoint = 0"):
        connection.execute(pragma)


def _keep_a_log(file: Path) -> None:
    """Let the file have a write-ahead log, which it keeps from then on.

    While others do the same, SQLite refuses at once, whatever time-out there is.

    Raises:
        OSError: the file cannot be used, or others have kept it locked for too long.
    """
    until = monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise OSError(str(error)) from error
        sleep(_BUSY_PAUSE_SECONDS)


def _on_begin(connection: Connection) -> None:
    """Leave it to the first statement to begin: it goes to the database together with that one."""
    connection.info["begin_is_due"] = True


def _before_statement(
    connection: Connection, cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    if connection.info.pop("begin_is_due", False):
        mode = connection.get_execution_options().get("transaction_mode") or _wanted_mode(context)
        cursor.execute_first(f"BEGIN {mode}")
    if context is not None and context.execution_options.get(NEEDS_NO_ANSWER):
        cursor.needs_answer = False


def _wanted_mode(context: Any) -> str:
    """Return how a transaction begins that says no more of itself than its first statement."""
    return "DEFERRED" if _only_reads(context) else "IMMEDIATE"


def _only_reads(context: Any) -> bool:
    """Return whether the statement is a SELECT that locks nothing: after one that does, writes follow."""
    if context is None or not context.compiled:
        return False
    statement = context.compiled.statement
    return bool(statement.is_select) and getattr(statement, "_for_update_arg", None) is None


def _on_end(connection: Connection) -> None:
    if connection.invalidated:  # its task was cancelled: there is nothing left to note on it
        return
    connection.info.pop("begin_is_due", None)


def _driver(connection: PoolProxiedConnection) -> Any:
    return connection.dbapi_connection


class SQLiteDialect:
    """See ``Dialect``."""

    name = "sqlite"
    single_writer = True
    lists_at_once = 2
    writes_in_ctes = False
    row_version: str | None = None
    reader_options: Mapping[str, Any] = {"transaction_mode": "DEFERRED"}
    looker_options = reader_options
    writer_options: Mapping[str, Any] = {"transaction_mode": "IMMEDIATE"}
    open_channel: OpenChannel | None = None

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:" or "mode=memory" in str(url):
            raise InvalidInputError(
                "database_url", "SQLite needs a file, for example sqlite+aiosqlite:///penstock.db."
            )
        self.url = url

    def create_engine(self, *, brief: bool = False) -> AsyncEngine:
        """Open up to 20 connections to the file, as needed; those for what is brief have no threads."""
        engine = create_async_engine(
            self.url,
            module=InlineDriver() if brief else driver,
            pool_size=5,
            # a connection that was in use lately has its pages and statements at hand
            pool_use_lifo=True,
            max_overflow=15,
            json_serializer=dump_json,
            json_deserializer=load_json,
            connect_args=_INLINE if brief else {"timeout": BUSY_TIMEOUT_SECONDS},
        )
        event.listen(engine.sync_engine, "connect", on_connect)
        if brief:
            event.listen(engine.sync_engine, "connect", _wait_for_nothing)
        event.listen(engine.sync_engine, "begin", _on_begin)
        event.listen(engine.sync_engine, "before_cursor_execute", _before_statement)
        event.listen(engine.sync_engine, "commit", _on_end)
        event.listen(engine.sync_engine, "rollback", _on_end)
        return engine

    async def fetch(
        self, connection: PoolProxiedConnection, text: str, values: Sequence[Any]
    ) -> Sequence[Sequence[Any]]:
        """See ``Driver``."""
        rows: Sequence[Sequence[Any]] = await _driver(connection).fetch(text, values)
        return rows

    async def send(self, connection: PoolProxiedConnection, text: str, values: Sequence[Any] = ()) -> None:
        """See ``Driver``."""
        await _driver(connection).send(text, values)

    async def send_each(
        self, connection: PoolProxiedConnection, text: str, values: Sequence[Sequence[Any]]
    ) -> None:
        """See ``Driver``."""
        await _driver(connection).send_each(text, values)

    def has_begun(self, connection: PoolProxiedConnection) -> bool:
        """See ``Driver``."""
        return bool(_driver(connection).in_transaction)

    async def begin(self, connection: PoolProxiedConnection, *, enters_transitions: bool) -> None:
        """See ``Driver``."""
        await _driver(connection).send("BEGIN IMMEDIATE", ())

    async def end(self, connection: PoolProxiedConnection, *, commit: bool) -> None:
        """See ``Driver``."""
        await _driver(connection).end(commit=commit)

    async def prepare(self) -> None:
        """Make the folder of the database file, and the file."""
        assert self.url.database is not None
        file = Path(self.url.database).expanduser()
        file.parent.mkdir(parents=True, exist_ok=True)
        if "uri" not in self.url.query:
            await asyncio.to_thread(_keep_a_log, file)

    def lock_for_migration(self, connection: Connection) -> None:
        """Begin the transaction, which is IMMEDIATE: there is only one at a time."""
        connection.exec_driver_sql("SELECT 1")

    async def snapshot_bounds(self, session: AsyncSession) -> tuple[int, int] | None:
        """None: there is only one writer, so rows are committed in the order of their numbers."""
        return None

    async def enter_transitions(self, statements: Statements) -> None:
        """Nothing: there is only one writer."""

    async def wait_for_transitions(self, session: AsyncSession) -> None:
        """Nothing: there is only one writer."""

    def insert_or_update(
        self,
        table: type[Any],
        values: Mapping[str, Any],
        *,
        key: Sequence[str],
        update: Mapping[str, Any],
    ) -> sa.Insert:
        """See ``Dialect``."""
        return insert(table).values(values).on_conflict_do_update(index_elements=key, set_=update)

    def insert_or_ignore(
        self, table: type[Any], rows: Sequence[Mapping[str, Any]] | None = None
    ) -> sa.Insert:
        """See ``Dialect``."""
        statement = insert(table) if rows is None else insert(table).values(rows)
        return statement.on_conflict_do_nothing()
