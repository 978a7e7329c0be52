"""Where those wait who asked for runs when there were none (design, section 3).

Whoever commits something that may let a run start announces its pool; those who wait for that pool
are woken then, one after the other, until one finds nothing more. A start time that comes wakes
them too. Polling is only the safety net: at the latest after ``recheck_seconds`` one looks again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from penstock.server.database import DBInterface
from penstock.server.models.workers.outlook import Outlook, dispatch_topic

Found = TypeVar("Found", bound=Sequence[Any])
LookAhead = Callable[[datetime | None], Awaitable[Outlook]]
LONGEST_WAIT_SECONDS = 30.0
_CLOCK_SECONDS = 0.002
"""A timer may end so much before the database's clock has come to the time."""
Asked = tuple[UUID, frozenset[UUID], str]


@dataclass(slots=True, eq=False)
class _Group:
    """Those who ask for the same.

    ``changes`` counts the announcements; ``looked_at`` is the count at which somebody found nothing,
    which stands until ``stands_until``. ``reach`` is what was due when somebody last looked ahead.
    """

    changes: int = 0
    looked_at: int = -1
    stands_until: float = 0.0
    reach: datetime | None = None
    members: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self.changes += 1
        self.changed.set()
        self.changed = asyncio.Event()

    def is_known_empty(self, now: float) -> bool:
        return self.looked_at == self.changes and now < self.stands_until


class WaitingRoom:
    """Lets requests wait for runs.

    Args:
        poll_seconds: how long polls of workers that know no claims may wait; 0 for not at all.
        recheck_seconds: how often one looks unasked.
    """

    def __init__(self, db: DBInterface, *, poll_seconds: float, recheck_seconds: float) -> None:
        self.poll_seconds = poll_seconds
        self._db = db
        self._recheck_seconds = recheck_seconds
        self._groups: dict[Asked, _Group] = {}
        self._closed = asyncio.Event()

    def close(self) -> None:
        """Let nobody wait any longer: the server stops."""
        self._closed.set()
        for group in self._groups.values():
            group.wake()

    async def wait_for(
        self,
        look: Callable[[], Awaitable[Found]],
        look_ahead: LookAhead,
        asked: Asked,
        *,
        seconds: float,
        is_gone: Callable[[], Awaitable[bool]],
    ) -> Found | None:
        """Look for runs until there are some, or for so many seconds.

        Args:
            look: returns what there is; called by one at a time among those who wait for the same.
            look_ahead: given a start time, returns what is to come after it; given None, after what is due.
            asked: the pool, the queues (none for all) and what for: who asks for the same finds the same.
            is_gone: whether nobody hears the answer any more.

        Returns:
            What was found, or None.
        """
        async with self._member(asked) as group:
            clock = asyncio.get_running_loop().time
            deadline = clock() + seconds
            while True:
                changes = group.changes
                found, until = await self._look(group, look, look_ahead, is_gone)
                if found:
                    return found
                seconds = min(deadline, until) - clock()
                if self._closed.is_set() or clock() >= deadline:
                    return None
                await _either(group, changes, seconds)
                if self._closed.is_set() or await is_gone():
                    return None

    async def _look(
        self,
        group: _Group,
        look: Callable[[], Awaitable[Found]],
        look_ahead: LookAhead,
        is_gone: Callable[[], Awaitable[bool]],
    ) -> tuple[Found | None, float]:
        """Look when it is one's turn, unless another of the group has found nothing meanwhile.

        What is to come is reckoned from a moment before the look, never after it: a time that comes
        between the two would be missed.
        """
        clock = asyncio.get_running_loop().time
        async with group.turn:
            if group.is_known_empty(clock()):
                return None, group.stands_until
            if group.members > 1 and await is_gone():
                return None, clock()
            changes, reach = group.changes, group.reach
            ahead = None if reach else await look_ahead(None)
            ahead_at = clock()
            found = await look()
            if found:
                return found, 0.0
            if ahead is None:
                ahead, ahead_at = await look_ahead(reach), clock()
            group.reach = ahead.reach
            until = ahead_at + self._recheck_seconds
            if ahead.seconds_until_start is not None:
                until = min(until, ahead_at + ahead.seconds_until_start + _CLOCK_SECONDS)
            if not ahead.worker_is_draining:
                group.looked_at, group.stands_until = changes, until
            return None, until

    @asynccontextmanager
    async def _member(self, key: Asked) -> AsyncIterator[_Group]:
        group = self._groups.get(key)
        topic = dispatch_topic(key[0])
        if group is None:
            group = self._groups[key] = _Group()
            self._db.announcements.listen(topic, group.wake)
        group.members += 1
        try:
            yield group
        finally:
            group.members -= 1
            if not group.members:
                self._db.announcements.forget(topic, group.wake)
                self._groups.pop(key, None)


async def _either(group: _Group, changes: int, seconds: float) -> None:
    """Wait for an announcement after the given count, but no longer than so many seconds."""
    if group.changes != changes or seconds <= 0:
        return
    try:
        async with asyncio.timeout(seconds):
            await group.changed.wait()
    except TimeoutError:
        return
