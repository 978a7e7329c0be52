"""What a poll or a claim has chosen so far, and what queues, pools and limits have left to give."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.lanes import LaneKey
from penstock.server.database.orm_models import ConcurrencyLimit
from penstock.server.models.concurrency_limits.deployment_limits import DeploymentLimit
from penstock.server.models.concurrency_limits.increments import find_full
from penstock.server.models.concurrency_limits.locks import lock_limits, read_limits
from penstock.server.models.concurrency_limits.usage import usage_of
from penstock.server.models.workers.sources import Run, Source

MOST_RUNS = 1000
"""What one queue, one pool and one call give at the most (workers.md 1.1)."""

Order = tuple[int, datetime, UUID]
_UNPLANNED = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class OpenQueue:
    """A queue that has something due, with the slots that are left in it and in its pool."""

    id: UUID
    work_pool_id: UUID
    priority: int
    free: int


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Run]):
    """A due run, and the limit of its deployment."""

    run: Run
    limit: DeploymentLimit | None


@dataclass(slots=True)
class Lane(Generic[Run]):
    """The due runs of one deployment in one queue, from the place of the first one on."""

    key: LaneKey
    queue: OpenQueue
    limit: DeploymentLimit | None
    place: Order
    runs: deque[Candidate[Run]] = field(default_factory=deque)


@dataclass(slots=True)
class DeploymentLimits:
    """How many slots are left in the limits of deployments.

    Whoever takes runs locks the limits: the first ones it meets, all at once, and later ones
    only as far as nobody else has locked them, so that two claims never wait for each other.
    """

    lock: bool
    rows: dict[UUID, ConcurrencyLimit] = field(default_factory=dict)
    _free: dict[UUID, int] = field(default_factory=dict)
    _busy: set[UUID] = field(default_factory=set)

    async def learn(self, source: Source[Any], limits: Iterable[DeploymentLimit | None]) -> None:
        """Read the limits that are not known yet."""
        new = {limit.limit_id for limit in limits if limit is not None} - self._free.keys()
        if new:
            async with source.session() as session:
                await self._learn(session, new)

    async def _learn(self, session: AsyncSession, new: AbstractSet[UUID]) -> None:
        chosen = sa.and_(ConcurrencyLimit.id.in_(new), ConcurrencyLimit.active)
        if self.lock:
            found = await lock_limits(session, chosen, skip_locked=bool(self._free))
            found, _ = await find_full(session, found, slots=1)
            active = {row.id for row in await read_limits(session, chosen)} if self._free else set()
            self._busy |= active - {row.id for row in found}
        else:
            found = await read_limits(session, chosen)
        self.rows |= {row.id: row for row in found}
        self._free |= dict.fromkeys(new, MOST_RUNS) | dict.fromkeys(self._busy, 0)
        self._free |= {row.id: usage_of(row).free for row in found}

    def free(self, limit: DeploymentLimit | None) -> int:
        """Return how many runs the limit lets through: none if it came after the others were read."""
        return MOST_RUNS if limit is None else self._free.get(limit.limit_id, 0)

    def cancels(self, limit: DeploymentLimit | None) -> bool:
        """Return whether a run under this limit is to be cancelled, for there is no slot for it."""
        if limit is None or not limit.cancels_new or limit.limit_id in self._busy:
            return False
        return self._free.get(limit.limit_id) == 0

    def are_overrun(self, candidates: Iterable[Candidate[Any]]) -> bool:
        """Return whether some limit has fewer slots left than there are candidates for them."""
        asked = Counter(one.limit.limit_id for one in candidates if one.limit is not None)
        return any(number > self._free.get(limit_id, 0) for limit_id, number in asked.items())

    def take(self, limit: DeploymentLimit | None) -> None:
        """Take one slot."""
        if limit is not None:
            self._free[limit.limit_id] -= 1


@dataclass(slots=True)
class Selection(Generic[Run]):
    """The runs chosen so far, and what is left to give.

    ``doomed`` are runs for which there is no slot and which their deployments want cancelled
    then; they are looked for where places are left.
    """

    wanted: int
    limits: DeploymentLimits
    by_priority: bool = True
    pool_free: dict[UUID, int] = field(default_factory=dict)
    queues: dict[UUID, OpenQueue] = field(default_factory=dict)
    chosen: list[Candidate[Run]] = field(default_factory=list)
    doomed: list[Candidate[Run]] = field(default_factory=list)
    doomed_lanes: list[Lane[Run]] = field(default_factory=list)

    @property
    def runs(self) -> list[Run]:
        """The chosen runs, in the order in which they should start."""
        return [one.run for one in self.chosen]

    @property
    def shown(self) -> list[Run]:
        """What a poll shows: the chosen runs and those to be cancelled, in order."""
        return [one.run for one in sorted([*self.chosen, *self.doomed], key=self.order)]

    def order(self, candidate: Candidate[Run]) -> Order:
        """Return what candidates are sorted by."""
        run = candidate.run
        return self.place(self.queue_of(run), run.next_scheduled_start_time, run.id)

    def place(self, queue: OpenQueue, start: datetime | None, run_id: UUID) -> Order:
        """Return the place of a run: priority (where it counts), start time, unplanned last, id."""
        return (queue.priority if self.by_priority else 0), start or _UNPLANNED, run_id

    def queue_of(self, run: Run) -> OpenQueue:
        """Return the queue of a candidate."""
        assert run.work_queue_id is not None
        return self.queues[run.work_queue_id]

    def room(self, queue: OpenQueue, limit: DeploymentLimit | None = None) -> int:
        """Return how many more runs of this queue, and under this limit, can be chosen."""
        return min(self.wanted, queue.free, self.pool_free[queue.work_pool_id], self.limits.free(limit))

    def take(self, candidate: Candidate[Run]) -> bool:
        """Choose the candidate if there is room for it."""
        queue = self.queue_of(candidate.run)
        if self.room(queue, candidate.limit) <= 0:
            return False
        queue.free -= 1
        self.pool_free[queue.work_pool_id] -= 1
        self.limits.take(candidate.limit)
        self.wanted -= 1
        self.chosen.append(candidate)
        return True

    def leave_room_for(self, work_queue_ids: Iterable[UUID]) -> None:
        """Keep a slot for somebody else in each of these queues, as often as it is named."""
        for queue_id in work_queue_ids:
            queue = self.queues.get(queue_id)
            if queue is not None:
                queue.free = max(0, queue.free - 1)
                self.pool_free[queue.work_pool_id] = max(0, self.pool_free[queue.work_pool_id] - 1)

    def take_all(self, candidates: Sequence[Candidate[Run]]) -> None:
        """Choose from candidates in their order, as far as there is room."""
        for one in sorted(candidates, key=self.order):
            self.take(one)
