"""One line of revisions leads to the schema of the code, on both databases, there and back."""

import asyncio
import os
import sys

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from penstock.server.database import DBInterface
from penstock.server.database.migrations import newest_revision
from penstock.server.database.migrations.upgrade import migrate, migration_config
from penstock.server.models import workers
from tests.support.factories import make_pool, make_run


@pytest.fixture
async def bare_db(bare_database_url: str):
    """A database in which nobody has made tables yet."""
    db = DBInterface(bare_database_url)
    yield db
    await db.dispose()


def tables(connection: Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def differences(connection: Connection) -> list:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, DBInterface.Base.metadata)


async def test_newest_revision_is_the_schema_of_the_code(db: DBInterface):
    async with db.engine.begin() as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(tables) == set(DBInterface.Base.metadata.tables)


async def test_down_to_nothing_and_up_again(bare_db: DBInterface):
    await bare_db.create_db()

    def down_and_up(connection: Connection) -> None:
        command.downgrade(migration_config(connection), "base")
        assert tables(connection) == set()
        migrate(connection, bare_db.dialect)
        assert differences(connection) == []

    async with bare_db.engine.begin() as connection:
        await connection.run_sync(down_and_up)


async def test_database_is_of_use_after_migrating_twice(bare_db: DBInterface):
    for _ in range(2):
        await bare_db.create_db()
        async with bare_db.session_context(begin_transaction=True) as session:
            await make_pool(session)
            await make_run(session)
    async with bare_db.session_context() as session:
        assert await workers.count_work_pools(session=session) == 2


async def test_revisions_are_one_line(db: DBInterface):
    async with db.engine.connect() as connection:
        script = ScriptDirectory.from_config(await connection.run_sync(migration_config))
        current = await connection.run_sync(lambda one: MigrationContext.configure(one).get_current_heads())
    assert script.get_heads() == list(current) == [newest_revision()]
    assert len(script.get_bases()) == 1


async def test_several_tasks_may_migrate_at_once(bare_database_url: str):
    interfaces = [DBInterface(bare_database_url) for _ in range(4)]
    await asyncio.gather(*(db.create_db() for db in interfaces))
    for db in interfaces:
        async with db.session_context() as session:
            assert await workers.count_work_pools(session=session) == 0
        await db.dispose()


async def test_several_processes_may_migrate_at_once(bare_db: DBInterface, bare_database_url: str):
    program = (
        "import asyncio, os; from penstock.server.database import DBInterface;"
        "db = DBInterface(os.environ['URL']); asyncio.run(db.create_db())"
    )
    environment = os.environ | {"URL": bare_database_url}
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, env=environment, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    for process in processes:
        _, complaints = await process.communicate()
        assert (process.returncode, complaints) == (0, b"")
    async with bare_db.engine.begin() as connection:
        assert await connection.run_sync(differences) == []
