"""Plain statements in the transaction of a session.

The first statement of a transaction goes the session's way, by which the transaction begins. What follows
is given to the driver: on the session's connection, without what SQLAlchemy does for each statement.
"""

from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.pool import PoolProxiedConnection

from penstock.server.database.direct import Driver, told_as_usual
from penstock.server.database.plain import NEEDS_NO_ANSWER, Parameters, PlainStatements, Row, Statement


class SessionStatements:
    """Plain statements in the transaction of a session, after what is to be flushed.

    Args:
        driver: by which statements of a transaction are sent that has begun; None: all as the first one.
    """

    __slots__ = ("_driver", "_plain", "_session")

    def __init__(self, session: AsyncSession, plain: PlainStatements, driver: Driver | None) -> None:
        self._session = session
        self._plain = plain
        self._driver = driver

    async def rows(self, statement: Statement, parameters: Parameters) -> Sequence[Row]:
        """See ``Statements``."""
        session = self._session
        if session.new or session.dirty or session.deleted:
            await session.flush()
        connection = await session.connection()
        plain = self._plain.of(statement, connection.dialect)
        values = plain.values(parameters)
        driver = self._driver_of(connection)
        if driver is not None:
            return plain.read(await _Straight(connection, driver).fetch(plain.text, values))
        result = await connection.exec_driver_sql(plain.text, tuple(values))
        return plain.read(result.fetchall()) if result.returns_rows else ()

    async def write(self, statements: Sequence[Statement], parameters: Parameters) -> None:
        """See ``Statements``."""
        connection = await self._session.connection()
        for statement in statements:
            plain = self._plain.of(statement, connection.dialect)
            values = plain.values(parameters)
            driver = self._driver_of(connection)
            if driver is not None:
                await _Straight(connection, driver).send(plain.text, [values])
            else:
                await connection.run_sync(_send, plain.text, values)

    async def write_each(self, statement: Statement, parameters: Sequence[Parameters]) -> None:
        """See ``Statements``."""
        connection = await self._session.connection()
        plain = self._plain.of(statement, connection.dialect)
        values = [plain.values(one) for one in parameters]
        driver = self._driver_of(connection)
        if driver is not None:
            await _Straight(connection, driver).send(plain.text, values)
        else:
            await connection.exec_driver_sql(plain.text, list(map(tuple, values)))

    def _driver_of(self, connection: AsyncConnection) -> Driver | None:
        driver = self._driver
        return driver if driver is not None and driver.has_begun(_raw(connection)) else None


class _Straight:
    """The driver's way on the connection of a session, with the session's errors."""

    __slots__ = ("_connection", "_driver")

    def __init__(self, connection: AsyncConnection, driver: Driver) -> None:
        self._connection = connection
        self._driver = driver

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Row]:
        raw = _raw(self._connection)
        try:
            with told_as_usual(self._connection.dialect, raw, text, values):
                return await self._driver.fetch(raw, text, values)
        except DBAPIError as error:
            await self._give_up_lost(error)
            raise

    async def send(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        raw = _raw(self._connection)
        try:
            with told_as_usual(self._connection.dialect, raw, text, values[0] if values else ()):
                if len(values) == 1:
                    await self._driver.send(raw, text, values[0])
                else:
                    await self._driver.send_each(raw, text, values)
        except DBAPIError as error:
            await self._give_up_lost(error)
            raise

    async def _give_up_lost(self, error: DBAPIError) -> None:
        if error.connection_invalidated:
            await self._connection.invalidate(error)


def _raw(connection: AsyncConnection) -> PoolProxiedConnection:
    return cast(sa.Connection, connection.sync_connection).connection


def _send(connection: sa.Connection, text: str, values: Sequence[Any]) -> None:
    connection.exec_driver_sql(text, tuple(values), execution_options={NEEDS_NO_ANSWER: True})
