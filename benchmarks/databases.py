"""Databases of the benchmark's own: made empty, dropped at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import URL, make_url

from benchmarks.processes import cpu_seconds
from tests.support.postgres import postgres_url

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Database:
    """Where one server keeps everything; both servers understand the same kind of address."""

    kind: str
    url: str

    @property
    def path(self) -> str:
        """The file of a SQLite database."""
        return make_url(self.url).database or ""

    async def cpu_seconds(self) -> float | None:
        """Return what the PostgreSQL processes of this database have used; None where it can't be seen."""
        if self.kind == "sqlite":
            return None
        connection = await connect(self.url)
        try:
            rows = await connection.fetch(
                "SELECT pid FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()
        return cpu_seconds(row["pid"] for row in rows)


async def connect(url: str) -> Any:
    """Connect to a PostgreSQL database by the address that SQLAlchemy understands."""
    parts = make_url(url)
    return await asyncpg.connect(
        host=_host(parts),
        port=parts.port,
        user=parts.username,
        password=parts.password,
        database=parts.database,
    )


def libpq_url(url: str) -> str:
    """Return the address in the form that PostgreSQL's own tools understand."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@asynccontextmanager
async def new_database(kind: str, name: str, folder: Path) -> AsyncIterator[Database]:
    """Give an empty database; it is gone at the end."""
    if kind == "sqlite":
        yield Database(kind, f"sqlite+aiosqlite:///{folder / name}.db")
        return
    full_name = f"penstock_bench_{name}_{uuid4().hex[:8]}"
    url = make_url(postgres_url()).set(database=full_name)
    await administer(f'CREATE DATABASE "{full_name}"')
    try:
        yield Database(kind, url.render_as_string(hide_password=False))
    finally:
        await administer(f'DROP DATABASE "{full_name}" WITH (FORCE)')


async def administer(statement: str) -> Any:
    """Run a statement beside all databases and return its first value."""
    connection = await connect(postgres_url())
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def _host(parts: URL) -> str | None:
    host = parts.query.get("host", parts.host)
    return host if isinstance(host, str) else None
