"""Statements that go straight to the driver: no session.

A session and its transaction cost a small statement several times what sending it costs. Here a
connection is taken from the pool, and the driver is given text and values: each statement by itself,
or several in a transaction.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, cast

from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

from penstock.server.database.direct_connections import DirectConnections, Taken
from penstock.server.database.plain import Parameters, PlainStatements, Row, Statement


class Driver(Protocol):
    """What a database's driver does for direct statements."""

    async def fetch(
        self, connection: PoolProxiedConnection, text: str, values: Sequence[Any]
    ) -> Sequence[Row]:
        """Send one statement and return its rows; what was sent with ``send`` before has been done then.

        Raises:
            Exception: the DBAPI's, as SQLAlchemy knows it.
        """

    async def send(self, connection: PoolProxiedConnection, text: str, values: Sequence[Any] = ()) -> None:
        """Send one statement, at once or with the next one; a failure may come with that.

        Raises:
            Exception: as before.
        """

    async def send_each(
        self, connection: PoolProxiedConnection, text: str, values: Sequence[Sequence[Any]]
    ) -> None:
        """Send one statement for each set of values, as ``send``.

        Raises:
            Exception: as before.
        """

    def has_begun(self, connection: PoolProxiedConnection) -> bool:
        """Return whether the connection is in a transaction, so that a statement would be part of it."""

    async def begin(self, connection: PoolProxiedConnection, *, enters_transitions: bool) -> None:
        """Begin a transaction that writes, at once or with the first statement.

        Args:
            enters_transitions: do so with it (``Dialect.enter_transitions``).

        Raises:
            Exception: as before.
        """

    async def end(self, connection: PoolProxiedConnection, *, commit: bool) -> None:
        """Commit the transaction, or take it back.

        Raises:
            Exception: as before.
        """


@dataclass(frozen=True, slots=True)
class DirectWay:
    """What direct statements go by: the connections of a loop, the driver, the statements' texts."""

    connections: DirectConnections
    driver: Driver
    plain: PlainStatements


class DirectStatements:
    """One connection of the pool for plain statements, while the context lasts.

    Args:
        since: see ``Line``.
    """

    __slots__ = ("_connection", "_connections", "_driver", "_is_broken", "_plain", "_since", "_taken")

    def __init__(self, way: DirectWay, since: float | None = None) -> None:
        self._connections = way.connections
        self._driver = way.driver
        self._plain = way.plain
        self._since = since
        self._is_broken = False
        self._taken: Taken
        self._connection: PoolProxiedConnection

    async def __aenter__(self) -> Self:
        self._taken = await self._connections.take(self._since)
        self._connection = self._taken.connection
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # a cancelled statement needs no care: the drivers end it before they send the next one
        if self._is_broken:
            await self._connections.give_up(self._taken, error)
        else:
            await self._connections.give_back(self._taken)

    async def rows(self, statement: Statement, parameters: Parameters) -> Sequence[Row]:
        """See ``Statements``."""
        plain = self._plain.of(statement, self._connections.dialect)
        values = plain.values(parameters)
        try:
            return plain.read(await self._driver.fetch(self._connection, plain.text, values))
        except self._errors as error:
            raise self._as_usual(error, plain.text, values) from error

    async def write(self, statements: Sequence[Statement], parameters: Parameters) -> None:
        """See ``Statements``; outside of a transaction each is by itself."""
        for statement in statements:
            plain = self._plain.of(statement, self._connections.dialect)
            values = plain.values(parameters)
            try:
                await self._driver.send(self._connection, plain.text, values)
            except self._errors as error:
                raise self._as_usual(error, plain.text, values) from error

    async def write_each(self, statement: Statement, parameters: Sequence[Parameters]) -> None:
        """See ``Statements``."""
        plain = self._plain.of(statement, self._connections.dialect)
        values = [plain.values(one) for one in parameters]
        try:
            await self._driver.send_each(self._connection, plain.text, values)
        except self._errors as error:
            raise self._as_usual(error, plain.text, values[0] if values else ()) from error

    @property
    def _errors(self) -> type[Exception]:
        return self._connections.dialect.loaded_dbapi.Error

    def _as_usual(self, error: Exception, text: str, values: Sequence[Any] = ()) -> DBAPIError:
        told = as_usual(error, self._connections.dialect, self._connection, text, values)
        self._is_broken = told.connection_invalidated
        return told


class DirectTransaction(DirectStatements):
    """The same in one transaction: committed at the end, taken back on an error.

    Args:
        since: see ``Line``.
        enters_transitions: see ``Driver.begin``.
    """

    __slots__ = ("_enters_transitions",)

    def __init__(self, way: DirectWay, since: float | None = None, *, enters_transitions: bool) -> None:
        super().__init__(way, since)
        self._enters_transitions = enters_transitions

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            try:
                await self._driver.begin(self._connection, enters_transitions=self._enters_transitions)
            except self._errors as error:
                raise self._as_usual(error, "BEGIN") from error
        except BaseException as error:
            await self._give_up(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                await self._commit()
            except BaseException as failure:
                await self._give_up(failure)
                raise
            await super().__aexit__(None, None, None)
        else:
            await self._give_up(error)

    async def _commit(self) -> None:
        try:
            await self._driver.end(self._connection, commit=True)
        except self._errors as error:
            raise self._as_usual(error, "COMMIT") from error

    async def _give_up(self, error: BaseException) -> None:
        """Take back what was done, or let the database do it with the connection."""
        await asyncio.shield(self._take_back(error))

    async def _take_back(self, error: BaseException) -> None:
        try:
            if not self._is_broken:
                await self._driver.end(self._connection, commit=False)
        except Exception:  # noqa: BLE001 - whatever it is, the connection is not used again
            self._is_broken = True
        await super().__aexit__(type(error), error, None)


def as_usual(
    error: Exception,
    dialect: Dialect,
    connection: PoolProxiedConnection,
    text: str,
    values: Sequence[Any] = (),
) -> DBAPIError:
    """Return what a driver has raised as SQLAlchemy raises it.

    Its ``connection_invalidated`` tells that the connection is lost.
    """
    told = DBAPIError.instance(
        text,
        tuple(values),
        error,
        dialect.loaded_dbapi.Error,
        connection_invalidated=dialect.is_disconnect(cast(Any, error), cast(Any, connection), None),
        dialect=dialect,
    )
    return cast(DBAPIError, told)
