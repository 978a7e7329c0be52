"""``DBInterface``: one database, its sessions and its mapped classes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from penstock.core.errors import UnavailableError
from penstock.core.turns import Line
from penstock.server.database import orm_models
from penstock.server.database.announcements import Announcements, tell_now
from penstock.server.database.dialects import Dialect, dialect_for
from penstock.server.database.direct import DirectStatements, DirectTransaction, DirectWay
from penstock.server.database.direct_connections import DirectConnections
from penstock.server.database.migrations import is_newest
from penstock.server.database.plain import PlainStatements, Statements
from penstock.server.database.session import Session
from penstock.server.database.session_statements import SessionStatements

FEW_ROWS = 200
"""So many, found by keys, are read or written in no time."""


@dataclass
class _LoopResources:
    """An engine and the writers' queue; both belong to one event loop."""

    engine: AsyncEngine
    brief: AsyncEngine
    """For what is done in no time (``Dialect.create_engine``)."""

    brief_looker: AsyncEngine
    brief_writer: AsyncEngine

    reader: AsyncEngine
    looker: AsyncEngine
    writer: AsyncEngine
    direct: DirectWay
    lists: Line
    writers: Line = field(default_factory=lambda: Line(1))


class DBInterface:
    """The way to one database: sessions, transactions, mapped classes.

    Args:
        database_url: SQLAlchemy form, ``sqlite+aiosqlite:///file`` or
            ``postgresql+asyncpg://user@host/name``.

    Raises:
        InvalidInputError: the URL names a database of another kind.
    """

    Base = orm_models.Base
    Artifact = orm_models.Artifact
    ArtifactCollection = orm_models.ArtifactCollection
    BlockDocument = orm_models.BlockDocument
    BlockDocumentReference = orm_models.BlockDocumentReference
    BlockSchema = orm_models.BlockSchema
    BlockType = orm_models.BlockType
    CleanupMessage = orm_models.CleanupMessage
    ConcurrencyLease = orm_models.ConcurrencyLease
    ConcurrencyLimit = orm_models.ConcurrencyLimit
    Configuration = orm_models.Configuration
    Deployment = orm_models.Deployment
    DeploymentSchedule = orm_models.DeploymentSchedule
    Event = orm_models.Event
    Flow = orm_models.Flow
    FlowRun = orm_models.FlowRun
    FlowRunInput = orm_models.FlowRunInput
    FlowRunState = orm_models.FlowRunState
    Log = orm_models.Log
    SavedSearch = orm_models.SavedSearch
    Server = orm_models.Server
    TaskRun = orm_models.TaskRun
    TaskRunState = orm_models.TaskRunState
    TaskRunStateCache = orm_models.TaskRunStateCache
    Variable = orm_models.Variable
    WorkPool = orm_models.WorkPool
    WorkQueue = orm_models.WorkQueue
    Worker = orm_models.Worker

    def __init__(self, database_url: str) -> None:
        self.dialect: Dialect = dialect_for(database_url)
        self.announcements = Announcements(self.dialect.open_channel)
        self.is_observed = False
        """True while every statement is to pass the events of the engine, for who listens to them."""
        self._plain = PlainStatements()
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopResources] = WeakKeyDictionary()

    @property
    def display_url(self) -> str:
        """The database's address without its password."""
        return self.dialect.url.render_as_string(hide_password=True)

    @property
    def engine(self) -> AsyncEngine:
        """The engine of the running event loop."""
        return self._resources().engine

    def _resources(self) -> _LoopResources:
        loop = asyncio.get_running_loop()
        resources = self._by_loop.get(loop)
        if resources is None:
            engine = self.dialect.create_engine()
            brief = self.dialect.create_engine(brief=True)
            resources = _LoopResources(
                engine=engine,
                brief=brief,
                brief_looker=brief.execution_options(**self.dialect.looker_options),
                brief_writer=brief.execution_options(**self.dialect.writer_options),
                direct=DirectWay(DirectConnections(brief.sync_engine), self.dialect, self._plain),
                reader=engine.execution_options(**self.dialect.reader_options),
                lists=Line(self.dialect.lists_at_once),
                looker=engine.execution_options(**self.dialect.looker_options),
                writer=engine.execution_options(**self.dialect.writer_options),
            )
            self._by_loop[loop] = resources
        return resources

    def _session(self, engine: AsyncEngine) -> Session:
        return Session(engine, expire_on_commit=False, info={"db": self})

    async def create_db(self) -> None:
        """Bring the schema to the newest revision; safe when several servers start at once.

        Raises:
            UnavailableError: the database does not answer.
        """
        try:
            await self.dialect.prepare()
            async with self._resources().reader.connect() as connection:
                if await connection.run_sync(is_newest):
                    return
            # Alembic is 8 MB of a server's memory, and needed once
            upgrade = import_module("penstock.server.database.migrations.upgrade")
            async with self._resources().writer.begin() as connection:
                await connection.run_sync(upgrade.migrate, self.dialect)
        except UnavailableError:
            await self.dispose()
            raise
        except (OSError, DBAPIError, TimeoutError) as error:
            await self.dispose()
            raise UnavailableError(f"The database at {self.display_url} ({_reason(error)})") from error

    async def check(self) -> str:
        """See that the database answers, and return its version.

        Raises:
            UnavailableError: it does not answer.
        """
        try:
            async with self._resources().reader.connect() as connection:
                await connection.execute(sa.select(sa.literal(1)))
                return ".".join(map(str, connection.dialect.server_version_info or ()))
        except (OSError, DBAPIError, TimeoutError) as error:
            raise UnavailableError(f"The database at {self.display_url} ({_reason(error)})") from error

    def session(self) -> Session:
        """Return a session without a transaction; the caller commits and closes it."""
        return self._session(self._resources().engine)

    @asynccontextmanager
    async def session_context(
        self, begin_transaction: bool = False, brief: bool = False
    ) -> AsyncIterator[AsyncSession]:
        """Open a session for one unit of work.

        Args:
            begin_transaction: True for one that writes: it is committed at the end, rolled
                back on an error. Where the database has a single writer it waits its turn.
                False for one that only reads.
            brief: for a transaction that writes, of plain statements and others that find few rows by keys
                (``FEW_ROWS``): what is sent in it is planned once, and on SQLite done by the loop's thread.
        """
        resources = self._resources()
        async with AsyncExitStack() as stack:
            if not begin_transaction:
                yield await stack.enter_async_context(self._session(resources.reader))
                return
            if self.dialect.single_writer:
                await stack.enter_async_context(resources.writers.turn())
            engine = resources.brief_writer if brief and not self.is_observed else resources.writer
            session = await stack.enter_async_context(self._session(engine))
            async with session.begin():
                yield session

    @asynccontextmanager
    async def looking_context(self, brief: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a session for statements that only read, each for itself: nothing begins, nothing ends.

        Cheaper than ``session_context`` where beginning a transaction is a request of its own. What is
        written in it is not undone.

        Args:
            brief: they find few rows by keys (``session_context``).
        """
        resources = self._resources()
        engine = resources.brief_looker if brief and not self.is_observed else resources.looker
        async with self._session(engine) as session:
            yield session

    @asynccontextmanager
    async def listing_context(self) -> AsyncIterator[AsyncSession]:
        """Open a session as ``looking_context`` does, to read a list that may be long.

        A few at a time (``Dialect.lists_at_once``): however many are read, what workers ask for goes on
        beside them.
        """
        async with self._resources().lists.turn(), self.looking_context() as session:
            yield session

    def statements_of(self, session: AsyncSession) -> SessionStatements:
        """Return where plain statements are sent within the session's transaction."""
        return SessionStatements(session, self._plain, None if self.is_observed else self.dialect)

    @asynccontextmanager
    async def direct_context(self, since: float | None = None) -> AsyncIterator[Statements]:
        """Give plain statements the shortest way to the database, each for itself.

        Args:
            since: the time from which the caller waits for something, by ``monotonic``; now when None. Who
                has waited longest goes first.
        """
        if self.is_observed:
            async with self.looking_context() as session:
                yield self.statements_of(session)
            return
        resources = self._resources()
        async with DirectStatements(resources.direct, since) as statements:
            yield statements

    @asynccontextmanager
    async def direct_transaction(
        self, since: float | None = None, *, enters_transitions: bool = False
    ) -> AsyncIterator[Statements]:
        """Give plain statements the shortest way to the database, in one transaction that writes.

        It is committed at the end, taken back on an error. Where the database has a single writer it waits
        its turn.

        Args:
            since: see ``direct_context``.
            enters_transitions: it does so when it begins (``Dialect.enter_transitions``).
        """
        if self.is_observed:
            async with self.session_context(begin_transaction=True) as session:
                statements = self.statements_of(session)
                if enters_transitions:
                    await self.dialect.enter_transitions(statements)
                yield statements
            return
        resources = self._resources()
        turn = resources.writers.turn(since) if self.dialect.single_writer else nullcontext()
        transaction = DirectTransaction(resources.direct, since, enters_transitions=enters_transitions)
        async with turn, transaction:
            yield transaction

    @asynccontextmanager
    async def telling_context(self) -> AsyncIterator[AsyncSession]:
        """Open a session that nothing is written by; what is announced in it is told at the end.

        It has no connection unless something is read in it, as in ``looking_context``.
        """
        session = self._session(self._resources().looker)
        try:
            yield session
            tell_now(session)
        finally:
            if session.in_transaction():
                await session.close()

    @asynccontextmanager
    async def single_write_context(self) -> AsyncIterator[tuple[AsyncSession, Statements]]:
        """Give what reads as it likes and then writes by one call of ``joint_writes``.

        That is one statement, by itself, where the database knows such; else a transaction of its own. The
        session only reads, and is told what is announced.
        """
        way = self.direct_context() if self.dialect.writes_in_ctes else self.direct_transaction()
        async with self.telling_context() as session, way as statements:
            yield session, statements

    async def dispose(self) -> None:
        """Close the connections of the running event loop."""
        resources = self._by_loop.pop(asyncio.get_running_loop(), None)
        if resources is not None:
            await resources.direct.connections.close()
            await resources.engine.dispose()
            await resources.brief.dispose()


def _reason(error: BaseException) -> str:
    if isinstance(error, DBAPIError) and error.orig is not None:
        return str(error.orig).splitlines()[0]
    return str(error).splitlines()[0] if str(error) else type(error).__name__
