"""Plain statements in the transaction of a session.

The first statement of a transaction goes the session's way, by which the transaction begins. What follows
is given to the driver: on the session's connection, without what SQLAlchemy does for each statement.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.pool import PoolProxiedConnection

from penstock.server.database.direct import Driver, as_usual
from penstock.server.database.plain import NEEDS_NO_ANSWER, Parameters, PlainStatements, Row, Statement

Answer = TypeVar("Answer")


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
            answer = driver.fetch(_raw(connection), plain.text, values)
            return plain.read(await _straight(connection, plain.text, values, answer))
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
                sent = driver.send(_raw(connection), plain.text, values)
                await _straight(connection, plain.text, values, sent)
            else:
                await connection.run_sync(_send, plain.text, values)

    async def write_each(self, statement: Statement, parameters: Sequence[Parameters]) -> None:
        """See ``Statements``."""
        connection = await self._session.connection()
        plain = self._plain.of(statement, connection.dialect)
        values = [plain.values(one) for one in parameters]
        driver = self._driver_of(connection)
        if driver is not None:
            sent = driver.send_each(_raw(connection), plain.text, values)
            await _straight(connection, plain.text, values[0] if values else (), sent)
        else:
            await connection.exec_driver_sql(plain.text, list(map(tuple, values)))

    def _driver_of(self, connection: AsyncConnection) -> Driver | None:
        driver = self._driver
        return driver if driver is not None and driver.has_begun(_raw(connection)) else None


async def _straight(
    connection: AsyncConnection, text: str, values: Sequence[Any], answer: Awaitable[Answer]
) -> Answer:
    """Wait for a driver's answer on the connection of a session, with the session's errors."""
    dialect = connection.dialect
    try:
        return await answer
    except dialect.loaded_dbapi.Error as error:
        told = as_usual(error, dialect, _raw(connection), text, values)
        if told.connection_invalidated:
            await connection.invalidate(told)
        raise told from error


def _raw(connection: AsyncConnection) -> PoolProxiedConnection:
    return cast(sa.Connection, connection.sync_connection).connection


def _send(connection: sa.Connection, text: str, values: Sequence[Any]) -> None:
    connection.exec_driver_sql(text, tuple(values), execution_options={NEEDS_NO_ANSWER: True})
