"""PostgreSQL through asyncpg: many servers, row locks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any, cast

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool, PoolProxiedConnection

from penstock.core.errors import UnavailableError
from penstock.server.database.announcements import Channel, OpenChannel
from penstock.server.database.json import dump_json, load_json
from penstock.server.database.plain import Statements

_ENTER_TRANSITIONS = sa.text("LOCK TABLE flow_run IN ROW SHARE MODE")
_BEGIN_AND_ENTER = f"BEGIN; {_ENTER_TRANSITIONS}"
_MIGRATION_LOCK = 0x70656E73
_CHANNEL = "penstock"
_SETTINGS = {"application_name": "penstock", "jit": "off"}
# a plan is kept while its tables grow, so it must not be made for small ones
_PLAN_ONCE = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}


class _PostgreSQLChannel:
    """LISTEN and NOTIFY over a connection of their own."""

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:
        self._connection = connection
        self._driver = driver

    async def notify(self, message: str) -> None:
        """See ``Channel``."""
        await self._driver.execute("SELECT pg_notify($1, $2)", _CHANNEL, message, timeout=10)

    async def close(self) -> None:
        """See ``Channel``."""
        with suppress(Exception):
            await self._driver.close(timeout=2)
        await self._connection.invalidate()
        await self._connection.close()


def _driver(connection: PoolProxiedConnection) -> Any:
    return connection.driver_connection


@contextmanager
def _known_to_sqlalchemy(connection: PoolProxiedConnection) -> Iterator[None]:
    """Raise errors of asyncpg as the DBAPI's, the way SQLAlchemy does it."""
    try:
        yield
    except Exception as error:
        cast(Any, connection.dbapi_connection)._handle_exception(error)  # noqa: SLF001
        raise


class PostgreSQLDialect:
    """See ``Dialect``."""

    name = "postgresql"
    single_writer = False
    lists_at_once = 5
    writes_in_ctes = True
    row_version: str | None = "xmin"
    reader_options: Mapping[str, Any] = {}
    # each statement sees what is committed when it begins, within a transaction or not
    looker_options: Mapping[str, Any] = {"isolation_level": "AUTOCOMMIT"}
    writer_options: Mapping[str, Any] = {}

    def __init__(self, url: URL) -> None:
        self.url = url
        self.open_channel: OpenChannel | None = self._open_channel

    def create_engine(self, *, brief: bool = False) -> AsyncEngine:
        """Open up to 15 connections, as needed; idle ones are renewed after half an hour."""
        return create_async_engine(
            self.url,
            pool_size=10 if brief else 5,
            max_overflow=5 if brief else 10,
            pool_timeout=10,
            pool_recycle=1800,
            # a connection that was in use lately has its statements prepared and planned
            pool_use_lifo=True,
            json_serializer=dump_json,
            json_deserializer=load_json,
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "async_creator_fn": self._connect,
                "server_settings": _SETTINGS | _PLAN_ONCE if brief else _SETTINGS,
            },
        )

    async def fetch(
        self, connection: PoolProxiedConnection, text: str, values: Sequence[Any]
    ) -> Sequence[Sequence[Any]]:
        """See ``Driver``."""
        with _known_to_sqlalchemy(connection):
            rows: Sequence[Sequence[Any]] = await _driver(connection).fetch(text, *values)
        return rows

    async def send(self, connection: PoolProxiedConnection, text: str, values: Sequence[Any] = ()) -> None:
        """See ``Driver``."""
        await self.fetch(connection, text, values)

    async def send_each(
        self, connection: PoolProxiedConnection, text: str, values: Sequence[Sequence[Any]]
    ) -> None:
        """See ``Driver``."""
        with _known_to_sqlalchemy(connection):
            await _driver(connection).executemany(text, values)

    def has_begun(self, connection: PoolProxiedConnection) -> bool:
        """See ``Driver``."""
        return bool(_driver(connection).is_in_transaction())

    async def begin(self, connection: PoolProxiedConnection, *, enters_transitions: bool) -> None:
        """See ``Driver``."""
        with _known_to_sqlalchemy(connection):
            await _driver(connection).execute(_BEGIN_AND_ENTER if enters_transitions else "BEGIN")

    async def end(self, connection: PoolProxiedConnection, *, commit: bool) -> None:
        """See ``Driver``."""
        with _known_to_sqlalchemy(connection):
            await _driver(connection).execute("COMMIT" if commit else "ROLLBACK")

    async def _open_channel(self, on_message: Callable[[str], None], on_lost: Callable[[], None]) -> Channel:
        engine = create_async_engine(
            self.url,
            poolclass=NullPool,
            connect_args={"timeout": 10, "server_settings": {"application_name": "penstock listener"}},
        )
        async with AsyncExitStack() as stack:
            connection = await engine.connect()
            stack.push_async_callback(connection.close)
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            channel = _PostgreSQLChannel(connection, driver)
            driver.add_termination_listener(lambda _connection: on_lost())
            await driver.add_listener(_CHANNEL, lambda _connection, _pid, _channel, text: on_message(text))
            stack.pop_all()
        return channel

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

    async def snapshot_bounds(self, session: AsyncSession) -> tuple[int, int] | None:
        """See ``Dialect``."""
        snapshot = sa.func.pg_current_snapshot()
        oldest = sa.cast(sa.func.pg_snapshot_xmin(snapshot), sa.Text()).label("oldest")
        coming = sa.cast(sa.func.pg_snapshot_xmax(snapshot), sa.Text()).label("coming")
        row = (await session.execute(sa.select(oldest, coming))).one()
        return int(row.oldest), int(row.coming)

    async def enter_transitions(self, statements: Statements) -> None:
        """Take the table lock that a row lock on ``flow_run`` would take."""
        await statements.write([_ENTER_TRANSITIONS], {})

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

    def insert_or_ignore(
        self, table: type[Any], rows: Sequence[Mapping[str, Any]] | None = None
    ) -> sa.Insert:
        """See ``Dialect``."""
        statement = insert(table) if rows is None else insert(table).values(rows)
        return statement.on_conflict_do_nothing()
