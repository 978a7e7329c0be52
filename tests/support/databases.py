"""Fixtures that give a test an empty, migrated database, on SQLite and on PostgreSQL in turn.
See ``options`` for choosing one of them.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from penstock.server.database import DBInterface, provide_database_interface
from tests.support.postgres import PostgresUnavailableError, postgres_url


async def _admin(statement: str) -> None:
    engine = create_async_engine(postgres_url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(sa.text(statement))
    except (OSError, DBAPIError) as error:
        raise PostgresUnavailableError(
            f"The PostgreSQL server at {engine.url} does not let the tests create databases: {error}"
        ) from error
    finally:
        await engine.dispose()


@asynccontextmanager
async def _postgres_database() -> AsyncIterator[str]:
    """Create a database without tables; it is dropped at the end, with whoever is still connected."""
    name = f"penstock_test_{uuid4().hex[:16]}"
    await _admin(f'CREATE DATABASE "{name}"')
    try:
        yield make_url(postgres_url()).set(database=name).render_as_string(hide_password=False)
    finally:
        await _admin(f'DROP DATABASE "{name}" WITH (FORCE)')


async def _migrate(database_url: str) -> None:
    db = DBInterface(database_url)
    await db.create_db()
    await db.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file; tests get copies."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The URL of this process's migrated PostgreSQL database; tests take turns in it."""
    with asyncio.Runner() as runner:
        database = _postgres_database()
        url = runner.run(database.__aenter__())
        try:
            runner.run(_migrate(url))
            yield url
        finally:
            runner.run(database.__aexit__(None, None, None))


async def empty(db: DBInterface) -> None:
    """Delete all rows by one statement: foreign keys are checked at its end, so the order is free.

    On SQLite every test has a copy of its own, which is empty.
    """
    if db.dialect.single_writer:
        return
    tables = [table.name for table in db.Base.metadata.sorted_tables]
    deletes = ", ".join(f'd{number} AS (DELETE FROM "{name}")' for number, name in enumerate(tables))
    async with db.session_context(begin_transaction=True) as session:
        await session.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
        await session.execute(sa.text(f"WITH {deletes} SELECT 1"))


def migrated_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the URL of a migrated database of that kind, which may hold the rows of an earlier test."""
    if kind == "sqlite":
        path = shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "penstock.db")
        return f"sqlite+aiosqlite:///{path}"
    url: str = request.getfixturevalue("postgres_template")
    return url


@pytest.fixture
def migrated_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database, which may hold the rows of an earlier test."""
    return migrated_database(database_kind, request, tmp_path)


@pytest.fixture
async def database_url(migrated_database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The URL of a migrated, empty database; it is in the environment too, for processes of their own."""
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", migrated_database_url)
    db = provide_database_interface()
    await empty(db)
    yield migrated_database_url
    await db.dispose()


@pytest.fixture
async def bare_database_url(database_kind: str, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database of the test's own in which nobody has made tables yet."""
    if database_kind == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'bare.db'}"
        return
    async with _postgres_database() as url:
        yield url


@pytest.fixture
def db(database_url: str) -> DBInterface:
    """A migrated, empty database; model functions called without ``db`` find it too."""
    return provide_database_interface()


@pytest.fixture
async def session(db: DBInterface) -> AsyncIterator[AsyncSession]:
    """A session of ``db``; flush and commit at will, what is left open is rolled back.

    SQLite has one writer: commit before the test writes by another way (``client``, a second session).
    """
    async with db.session() as session:
        yield session
