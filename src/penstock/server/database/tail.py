"""Following a numbered table: every committed row once, soon after its commit.

Numbers are given when a row is inserted, but rows become visible when their transactions commit,
so on PostgreSQL a lower number may appear after a higher one. The reader therefore remembers the
numbers it has passed over. Such a gap is closed when its row appears, or forgotten when every
transaction that was under way when it was noticed has ended: then the row was rolled back.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.interface import DBInterface
from penstock.server.database.tables.events import Event
from penstock.server.database.tables.logs import Log

MOST_GAPS = 1000
"""Only the newest gaps are remembered; each is looked for at every read."""

LOOK_BACK = 200
"""How many numbers before the newest one may still be under way when the reading begins."""

GAP_SECONDS = 5.0
"""A number is drawn a moment before its transaction is counted as under way; no gap is forgotten sooner."""


@dataclass(frozen=True, slots=True)
class _Gap:
    coming: int
    noticed: float


class Tail:
    """Reads the rows of a numbered table as they become visible."""

    def __init__(self, db: DBInterface, table: type[Event] | type[Log]) -> None:
        self._db = db
        self._columns = table.__table__.c
        self._newest = 0
        self._gaps: dict[int, _Gap] = {}

    @property
    def gaps(self) -> frozenset[int]:
        """The numbers that were passed over and may still appear."""
        return frozenset(self._gaps)

    async def start(self, session: AsyncSession) -> None:
        """Begin behind the newest row that is visible now."""
        position = self._columns.position
        recent = sa.select(position).order_by(position.desc()).limit(LOOK_BACK)
        visible = list((await session.scalars(recent)).all())
        self._gaps.clear()
        self._newest = visible[0] if visible else 0
        first = max(1, self._newest - LOOK_BACK)
        await self._notice(session, set(range(first, self._newest)).difference(visible))

    async def read(self, session: AsyncSession, limit: int) -> list[sa.Row[Any]]:
        """Return at most ``limit`` rows that no earlier read returned, by number."""
        bounds = await self._db.dialect.snapshot_bounds(session) if self._gaps else None
        position = self._columns.position
        unread = position > self._newest
        if self._gaps:
            unread = sa.or_(unread, position.in_(list(self._gaps)))
        statement = sa.select(*self._columns).where(unread).order_by(position).limit(limit)
        rows = list((await session.execute(statement)).all())
        passed = self._advance([row.position for row in rows])
        if bounds is not None and len(rows) < limit:
            self._forget_rolled_back(bounds[0])
        await self._notice(session, passed)
        return rows

    def _advance(self, positions: list[int]) -> set[int]:
        passed: set[int] = set()
        for position in positions:
            if self._gaps.pop(position, None) is None:
                passed.update(range(max(self._newest + 1, position - MOST_GAPS), position))
                self._newest = position
        return passed

    async def _notice(self, session: AsyncSession, positions: Iterable[int]) -> None:
        found = sorted(positions)
        if not found:
            return
        bounds = await self._db.dialect.snapshot_bounds(session)
        if bounds is None:
            return
        now = time.monotonic()
        self._gaps |= {position: _Gap(bounds[1], now) for position in found}
        for position in sorted(self._gaps)[:-MOST_GAPS]:
            del self._gaps[position]

    def _forget_rolled_back(self, oldest: int) -> None:
        now = time.monotonic()
        self._gaps = {
            position: gap
            for position, gap in self._gaps.items()
            if gap.coming > oldest or now - gap.noticed < GAP_SECONDS
        }
