"""Turns: a few at a time, those first who have waited longest."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from weakref import WeakValueDictionary


class Line:
    """A few at a time; of those who wait, the one goes first who has waited longest.

    Whoever had to wait elsewhere before says since when, so that he is not put behind those who came
    meanwhile.

    Args:
        at_once: how many may be past the line at a time.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @property
    def is_full(self) -> bool:
        """True when the next one has to wait."""
        return self._free == 0

    async def enter(self, since: float | None = None) -> None:
        """Wait for one's turn; ``leave`` is to follow.

        Args:
            since: the time from which one waits, by ``monotonic``; now when None.
        """
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (monotonic() if since is None else since, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                # it came just before
                self.leave()
            raise

    def leave(self) -> None:
        """Let the next one go."""
        while self._waiting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    @asynccontextmanager
    async def turn(self, since: float | None = None) -> AsyncIterator[None]:
        """Be past the line; see ``enter``."""
        await self.enter(since)
        try:
            yield
        finally:
            self.leave()


class Turns:
    """A line for each of many things; lines in which nobody is are forgotten.

    Args:
        at_once: how many may have one thing at a time.
    """

    def __init__(self, at_once: int = 1) -> None:
        self._at_once = at_once
        self._lines: WeakValueDictionary[Hashable, Line] = WeakValueDictionary()

    def of(self, thing: Hashable) -> Line:
        """Return the line of those who want the thing."""
        line = self._lines.get(thing)
        if line is None:
            line = self._lines[thing] = Line(self._at_once)
        return line
