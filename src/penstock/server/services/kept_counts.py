"""Counts that many viewers ask for at once: read by the first of them, and given again for a while."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from penstock.server.database import DBInterface
from penstock.server.models.overview import QueueBacklog, read_queue_backlogs, read_recent_starts

KEPT_SECONDS = 1.0
REST_FACTOR = 4
"""An answer is kept so many times as long as it took, at least: counting is a fifth of the time at most."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits in each queue, and what has started in each pool."""

    backlogs: Mapping[UUID, QueueBacklog]
    starts: dict[UUID, list[int | None]]


class KeptCounts:
    """Counts what waits and what has started; in a large database less often than in a small one."""

    def __init__(self, db: DBInterface) -> None:
        self._db = db
        self._one_at_a_time = asyncio.Lock()
        self._counts: Counts | None = None
        self._kept_until = 0.0

    async def read(self) -> Counts:
        """Return counts that are fresh, or as old as it takes to count them cheaply."""
        async with self._one_at_a_time:
            began = monotonic()
            if self._counts is None or began >= self._kept_until:
                async with self._db.session_context() as session:
                    backlogs = await read_queue_backlogs(session=session)
                    starts = await read_recent_starts(session=session)
                self._counts = Counts(backlogs, starts)
                ended = monotonic()
                self._kept_until = ended + max(KEPT_SECONDS, REST_FACTOR * (ended - began))
            return self._counts
