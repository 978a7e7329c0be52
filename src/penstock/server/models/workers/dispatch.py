"""Which runs go next (workers.md 3.12).

The rule, the same on both databases: queues are entered in the order of their priority, runs in
the order of their start time and then id; a run is passed over when its queue or pool has no
free slot left. ``open_queues`` says where something is due, ``first_due_runs`` reads the first
runs of a few queues; this module walks from one to the other until enough is found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.dispatch import StartWindow, first_due_runs, open_queues

MOST_RUNS = 1000
"""What one queue, one pool and one call give at the most (workers.md 1.1)."""

_QUEUES_AT_ONCE = 16
_UNPLANNED = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class OpenQueue:
    """A queue that has something due, with the slots that are left in it and in its pool."""

    id: UUID
    work_pool_id: UUID
    priority: int
    free: int


@dataclass(slots=True)
class Selection:
    """The runs chosen so far, and what is left to give."""

    wanted: int
    pool_free: dict[UUID, int]
    queues: dict[UUID, OpenQueue] = field(default_factory=dict)
    runs: list[orm_models.FlowRun] = field(default_factory=list)

    def take(self, candidates: Sequence[orm_models.FlowRun]) -> None:
        """Add the candidates, in order, as far as their queues and pools have slots."""
        for run in candidates:
            if self.wanted == 0:
                return
            assert run.work_queue_id is not None
            queue = self.queues[run.work_queue_id]
            if queue.free > 0 and self.pool_free[queue.work_pool_id] > 0:
                queue.free -= 1
                self.pool_free[queue.work_pool_id] -= 1
                self.wanted -= 1
                self.runs.append(run)

    def most_from(self, queue: OpenQueue) -> int:
        """Return how many runs this queue can still give."""
        return min(self.wanted, queue.free, self.pool_free[queue.work_pool_id])


@db_injector
async def get_scheduled_flow_runs(
    db: DBInterface,
    session: AsyncSession,
    work_pool_ids: list[UUID] | None = None,
    work_queue_ids: list[UUID] | None = None,
    scheduled_before: datetime | None = None,
    scheduled_after: datetime | None = None,
    limit: int | None = None,
    respect_queue_priorities: bool | None = None,
) -> Sequence[schemas.responses.WorkerFlowRunResponse]:
    """Read the runs that workers may start now; changes nothing (3.12).

    Args:
        work_pool_ids: only these pools; None or empty for all.
        work_queue_ids: only these queues; with pools too, queues that are in both.
        scheduled_before: latest start time, inclusive.
        scheduled_after: earliest start time, inclusive.
        limit: at most so many runs; 1000 when None.
        respect_queue_priorities: order by queue priority before time (None means True).

    Returns:
        The runs in the order in which they should start: priority (where respected), start
        time with unplanned runs last, id.
    """
    window = StartWindow(before=scheduled_before, after=scheduled_after)
    selection = await select_due_runs(
        session,
        work_pool_ids=work_pool_ids,
        work_queue_ids=work_queue_ids,
        window=window,
        limit=MOST_RUNS if limit is None else limit,
        respect_queue_priorities=respect_queue_priorities is not False,
    )
    return [
        schemas.responses.WorkerFlowRunResponse(
            work_pool_id=selection.queues[run.work_queue_id].work_pool_id,
            work_queue_id=run.work_queue_id,
            flow_run=schemas.core.FlowRun.from_row(run),
        )
        for run in selection.runs
        if run.work_queue_id is not None
    ]


async def select_due_runs(
    session: AsyncSession,
    *,
    work_pool_ids: Sequence[UUID] | None,
    work_queue_ids: Sequence[UUID] | None,
    window: StartWindow,
    limit: int,
    respect_queue_priorities: bool = True,
    locked_limits: frozenset[UUID] | None = None,
) -> Selection:
    """Choose the runs that go next within all limits.

    Args:
        locked_limits: for a caller that takes the runs: the limited pools and queues whose rows
            it has locked. The chosen runs are locked too, those that another transaction has
            locked are passed over, and so is what got its limit after the locks.
    """
    selection = Selection(wanted=min(limit, MOST_RUNS), pool_free={})
    if selection.wanted <= 0:
        return selection
    found = await session.execute(*open_queues(work_pool_ids, work_queue_ids, window))
    queues = []
    for queue_id, pool_id, priority, limit_, occupied, pool_limit, pool_occupied in found:
        if locked_limits is not None and not _is_locked(locked_limits, pool_id, pool_limit):
            continue
        if locked_limits is not None and not _is_locked(locked_limits, queue_id, limit_):
            continue
        selection.pool_free.setdefault(pool_id, _free(pool_limit, pool_occupied))
        queues.append(OpenQueue(queue_id, pool_id, priority, _free(limit_, occupied)))
    selection.queues = {queue.id: queue for queue in queues}
    for group in _groups(queues, selection, respect_queue_priorities):
        if selection.wanted == 0:
            break
        candidates = await _read_first(session, selection, group, window, locked_limits is not None)
        candidates.sort(key=lambda run: _order(run, selection, respect_queue_priorities))
        selection.take(candidates)
    return selection


def _is_locked(locked_limits: frozenset[UUID], object_id: UUID, limit: int | None) -> bool:
    return limit is None or object_id in locked_limits


def _free(limit: int | None, occupied: int | None) -> int:
    return MOST_RUNS if limit is None else min(MOST_RUNS, max(0, limit - (occupied or 0)))


def _groups(queues: list[OpenQueue], selection: Selection, by_priority: bool) -> Iterator[list[OpenQueue]]:
    """Split queues, which come by priority, into groups that are read together.

    Queues of one priority go by time and must be read together; without priorities that is
    all of them. Several priorities share a read as far as they are likely to be needed.
    """
    if not by_priority:
        yield queues
        return
    together: list[OpenQueue] = []
    expected = 0
    for _, same in groupby(queues, key=lambda queue: queue.priority):
        level = list(same)
        together += level
        expected += sum(selection.most_from(queue) for queue in level)
        if expected >= selection.wanted or len(together) >= _QUEUES_AT_ONCE:
            yield together
            together, expected = [], 0
    if together:
        yield together


async def _read_first(
    session: AsyncSession,
    selection: Selection,
    group: list[OpenQueue],
    window: StartWindow,
    lock: bool,
) -> list[orm_models.FlowRun]:
    """Read from each queue as many of its first runs as it could give."""
    takes = [(queue.id, selection.most_from(queue)) for queue in group]
    takes = [(queue_id, most) for queue_id, most in takes if most > 0]
    candidates: list[orm_models.FlowRun] = []
    for start in range(0, len(takes), _QUEUES_AT_ONCE):
        part = takes[start : start + _QUEUES_AT_ONCE]
        candidates += (await session.scalars(*first_due_runs(part, window, lock=lock))).all()
    return candidates


def _order(run: orm_models.FlowRun, selection: Selection, by_priority: bool) -> tuple[int, datetime, UUID]:
    assert run.work_queue_id is not None
    priority = selection.queues[run.work_queue_id].priority if by_priority else 0
    return priority, run.next_scheduled_start_time or _UNPLANNED, run.id
