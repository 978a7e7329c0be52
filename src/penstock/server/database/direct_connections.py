"""Connections that are kept at hand for direct statements.

To take a connection from SQLAlchemy's pool and to give it back costs as much as to send a small statement.
A few are not given back at once. Who waits for a connection gets one in his turn: the pool would not know
of those that are passed on past it.
"""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast

from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from penstock.core.turns import Line

MOST_IN_USE = 10
"""The rest of the pool is for sessions."""

PATIENCE_SECONDS = 10.0
"""How long one waits for his turn, as for a connection of the pool."""

MOST_KEPT = 5
LONGEST_KEPT_SECONDS = 60.0
"""After that the pool sees a connection again, which renews old ones."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A connection, and since when it is out of the pool."""

    connection: PoolProxiedConnection
    since: float


class DirectConnections:
    """The connections of one engine, for one event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: list[Taken] = []
        self._line = Line(MOST_IN_USE)

    @property
    def dialect(self) -> Dialect:
        """SQLAlchemy's, of the engine."""
        return self._engine.dialect

    @property
    def in_use(self) -> int:
        """How many connections of the pool are in use, by whomever."""
        out: int = cast(Any, self._engine.pool).checkedout()
        return out - len(self._kept)

    async def take(self, since: float | None = None) -> Taken:
        """Return a connection, the one that was used last; who comes first is served first.

        Args:
            since: see ``Line``.

        Raises:
            PoolTimeoutError: all are in use, and stay so.
        """
        await self._wait_for_turn(since)
        try:
            if self._kept:
                return self._kept.pop()
            return Taken(await greenlet_spawn(self._engine.raw_connection), monotonic())
        except BaseException:
            self._line.leave()
            raise

    async def _wait_for_turn(self, since: float | None) -> None:
        if not self._line.is_full:
            await self._line.enter()
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._line.enter(since)
        except TimeoutError as error:
            message = f"All {MOST_IN_USE} connections for direct statements are in use."
            raise PoolTimeoutError(message) from error

    async def give_back(self, taken: Taken) -> None:
        """Keep a connection for the next one, or let the pool have it."""
        try:
            if len(self._kept) < MOST_KEPT and monotonic() < taken.since + LONGEST_KEPT_SECONDS:
                self._kept.append(taken)
            else:
                await greenlet_spawn(taken.connection.close)
        finally:
            self._line.leave()

    async def give_up(self, taken: Taken, error: BaseException | None) -> None:
        """Close a lost connection; as in SQLAlchemy those of its age are not used again."""
        pool = cast(Any, self._engine.pool)
        try:
            await greenlet_spawn(pool._invalidate, taken.connection, error)  # noqa: SLF001 - as it does it
            await greenlet_spawn(taken.connection.close)
            await self.close()
        finally:
            self._line.leave()

    async def close(self) -> None:
        """Let the pool have all that are kept."""
        kept, self._kept = self._kept, []
        for taken in kept:
            await greenlet_spawn(taken.connection.close)
