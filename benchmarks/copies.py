"""Rows in bulk, past the server: copies of a row that the server made, so that every column is right.

Nothing is known here about the tables but the columns that differ from copy to copy; the others are read
from the database. One text serves both kinds of database and both servers.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from benchmarks.databases import Database, connect

Rows = Iterable[Sequence[Any]]

_PATIENCE_SECONDS = 120


class Store(Protocol):
    """A database, for the one who fills it."""

    async def copy(self, table: str, original: UUID, columns: Sequence[str], rows: Rows) -> None:
        """Insert one copy of a row for each of ``rows``, which has the values of ``columns``."""

    async def delete_all_but(self, table: str, column: str, kept: UUID) -> None:
        """Delete all rows of a table but those with this value; references to them are not looked at."""

    async def settle(self, tables: Sequence[str]) -> None:
        """Do what the database would do by itself some time after so large a change."""


def store(database: Database) -> Store:
    """Return how to fill a database."""
    return _Sqlite(database) if database.kind == "sqlite" else _Postgres(database)


def _insert(table: str, all_columns: Iterable[str], varying: Sequence[str], where: str) -> str:
    names = list(all_columns)
    values = ", ".join(f"v.{name}" if name in varying else f"o.{name}" for name in names)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} "
        f"FROM {table} AS o CROSS JOIN varying AS v WHERE o.id = {where}"
    )


def _varying(table: str, columns: Sequence[str]) -> str:
    return f"CREATE TEMP TABLE varying AS SELECT {', '.join(columns)} FROM {table} WHERE 1 = 0"


class _Postgres:
    def __init__(self, database: Database) -> None:
        self._url = database.url

    async def copy(self, table: str, original: UUID, columns: Sequence[str], rows: Rows) -> None:
        connection = await connect(self._url)
        try:
            async with connection.transaction():
                # Rows refer to each other in circles, and all of them are there at the end.
                await connection.execute("SET LOCAL session_replication_role = replica")
                await connection.execute(_varying(table, columns))
                await connection.copy_records_to_table("varying", records=rows, columns=columns)
                found = await connection.fetch(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
                    "AND table_name = $1 AND is_generated = 'NEVER' AND is_identity = 'NO'",
                    table,
                )
                names = [row["column_name"] for row in found]
                await connection.execute(_insert(table, names, columns, f"'{original}'"))
        finally:
            await connection.close()

    async def delete_all_but(self, table: str, column: str, kept: UUID) -> None:
        connection = await connect(self._url)
        try:
            async with connection.transaction():
                await connection.execute("SET LOCAL session_replication_role = replica")
                await connection.execute(f"DELETE FROM {table} WHERE {column} <> $1", kept)
        finally:
            await connection.close()

    async def settle(self, tables: Sequence[str]) -> None:
        connection = await connect(self._url)
        try:
            await connection.execute(f"VACUUM ANALYZE {', '.join(tables)}")
        finally:
            await connection.close()


class _Sqlite:
    def __init__(self, database: Database) -> None:
        self._path = database.path

    async def copy(self, table: str, original: UUID, columns: Sequence[str], rows: Rows) -> None:
        with closing(self._connect()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_varying(table, columns))
            dashed = _ids_have_dashes(connection, table)
            marks = ", ".join("?" * len(columns))
            connection.executemany(
                f"INSERT INTO varying VALUES ({marks})",
                ([_text(value, dashed=dashed) for value in row] for row in rows),
            )
            # The second and third kind of hidden column is a generated one.
            names = [row[1] for row in connection.execute(f"PRAGMA table_xinfo({table})") if not row[6]]
            connection.execute(_insert(table, names, columns, "?"), [_text(original, dashed=dashed)])

    async def delete_all_but(self, table: str, column: str, kept: UUID) -> None:
        with closing(self._connect()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            value = _text(kept, dashed=_ids_have_dashes(connection, table))
            connection.execute(f"DELETE FROM {table} WHERE {column} <> ?", [value])

    async def settle(self, tables: Sequence[str]) -> None:
        """SQLite does nothing by itself, but the log of changes ought not to be read by every request."""
        assert tables
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=_PATIENCE_SECONDS)


def _ids_have_dashes(connection: sqlite3.Connection, table: str) -> bool:
    return "-" in connection.execute(f"SELECT id FROM {table} LIMIT 1").fetchone()[0]


def _text(value: Any, *, dashed: bool) -> Any:
    if isinstance(value, UUID):
        return str(value) if dashed else value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value
