"""PostgreSQL through asyncpg: many servers, row locks."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from penstock.core.errors import UnavailableError
from penstock.server.database.json import dump_json, load_json

_MIGRATION_LOCK = 0x70656E73


class PostgreSQLDialect:
    """See ``Dialect``."""

    name = "postgresql"
    single_writer = False

    def __init__(self, url: URL) -> None:
        self.url = url

    def create_engine(self) -> AsyncEngine:
        """Open up to 20 connections, as needed; idle ones are renewed after half an hour."""
        return create_async_engine(
            self.url,
            pool_size=10,
            max_overflow=10,
            pool_timeout=10,
            pool_recycle=1800,
            json_serializer=dump_json,
            json_deserializer=load_json,
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "async_creator_fn": self._connect,
                "server_settings": {"application_name": "penstock", "jit": "off"},
            },
        )

    async def _connect(self, *arguments: Any, **options: Any) -> Any:
        """Connect; whatever the server says against it becomes ``UnavailableError``."""
        try:
            return await asyncpg.connect(*arguments, **options)
        except (asyncpg.PostgresError, OSError, TimeoutError) as error:
            address = self.url.render_as_string(hide_password=True)
            reason = str(error) or type(error).__name__
            raise UnavailableError(f"The database at {address} ({reason})") from error

    async def prepare(self) -> None:
        """Nothing: the database is there, or connecting says that it is not."""

    def lock_for_migration(self, connection: Connection) -> None:
        """Take the advisory lock of migrations."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))

    async def enter_transitions(self, session: AsyncSession) -> None:
        """Take the table lock that a row lock on ``flow_run`` would take."""
        await session.execute(sa.text("LOCK TABLE flow_run IN ROW SHARE MODE"))

    async def wait_for_transitions(self, session: AsyncSession) -> None:
        """Lock ``flow_run`` against row locks: a short wait for the transactions under way."""
        await session.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
        await session.execute(sa.text("LOCK TABLE flow_run IN EXCLUSIVE MODE"))

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

    def insert_or_ignore(self, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> sa.Insert:
        """See ``Dialect``."""
        return insert(table).values(rows).on_conflict_do_nothing()
