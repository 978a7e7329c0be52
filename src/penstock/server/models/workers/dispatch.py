"""Which runs go next (workers.md 3.12).

The rule, the same on both databases: queues are entered in the order of their priority, runs in
the order of their start time and then id; a run is passed over when its queue, its pool or the
limit of its deployment has no free slot left. ``open_queues`` says where something is due,
``first_due_runs`` reads the first runs of a few queues; this module walks from one to the other
until enough is found. Where limits of deployments leave runs out, ``lanes`` goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.dispatch import StartWindow, first_due_runs, open_queues
from penstock.server.models.concurrency_limits.deployment_limits import DeploymentLimit
from penstock.server.models.workers.lanes import take_by_lanes, take_doomed
from penstock.server.models.workers.selection import (
    MOST_RUNS,
    Candidate,
    DeploymentLimits,
    OpenQueue,
    Selection,
)
from penstock.server.models.workers.sources import Run, SessionSource, Source

__all__ = ["MOST_RUNS", "get_scheduled_flow_runs", "read_polled_runs", "select_due_runs"]

_QUEUES_AT_ONCE = 16
NONE: Mapping[UUID, UUID] = MappingProxyType({})


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

    Runs for which their deployment has no slot are left out, except those that it wants
    cancelled then: they are shown where places are left, so that proposing them cancels them.

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
    runs = await read_polled_runs(
        SessionSource(session),
        work_pool_ids=work_pool_ids,
        work_queue_ids=work_queue_ids,
        window=StartWindow(before=scheduled_before, after=scheduled_after),
        limit=limit,
        respect_queue_priorities=respect_queue_priorities is not False,
    )
    return [
        schemas.responses.WorkerFlowRunResponse(
            work_pool_id=work_pool_id,
            work_queue_id=run.work_queue_id,
            flow_run=schemas.core.FlowRun.from_row(run),
        )
        for work_pool_id, run in runs
        if run.work_queue_id is not None
    ]


async def read_polled_runs(
    source: Source[Run],
    *,
    work_queue_ids: Sequence[UUID] | None,
    window: StartWindow,
    limit: int | None,
    work_pool_ids: Sequence[UUID] | None = None,
    work_pool_name: str | None = None,
    respect_queue_priorities: bool = True,
    worker_name: str | None = None,
    passed_over: Mapping[UUID, UUID] = NONE,
) -> Sequence[tuple[UUID, Run]]:
    """Read what a poll shows, as ``get_scheduled_flow_runs``; a worker that drains is shown nothing.

    Args:
        source: where the runs are read, and what is read of them.
        work_pool_name: only of the pool of this name; nothing when there is none.
        passed_over: runs that others are about to take, each with its queue: they are not shown and
            count as if they had their slots. Only if there is nothing else, they do not.

    Returns:
        The runs, each with the id of its pool.
    """
    select = partial(
        select_due_runs,
        source,
        work_pool_ids=work_pool_ids,
        work_pool_name=work_pool_name,
        work_queue_ids=work_queue_ids,
        window=window,
        limit=MOST_RUNS if limit is None else limit,
        respect_queue_priorities=respect_queue_priorities,
        worker_name=worker_name,
    )
    selection = await select(passed_over=passed_over)
    if passed_over and not selection.shown:
        selection = await select()
    return [(selection.queue_of(run).work_pool_id, run) for run in selection.shown]


async def select_due_runs(
    source: Source[Run],
    *,
    work_pool_ids: Sequence[UUID] | None,
    work_queue_ids: Sequence[UUID] | None,
    window: StartWindow,
    limit: int,
    work_pool_name: str | None = None,
    respect_queue_priorities: bool = True,
    locked_limits: frozenset[UUID] | None = None,
    worker_name: str | None = None,
    passed_over: Mapping[UUID, UUID] = NONE,
) -> Selection[Run]:
    """Choose the runs that go next within all limits.

    Args:
        source: where the runs are read, and what is read of them.
        locked_limits: for a caller that takes the runs: the limited pools and queues whose rows
            it has locked. The chosen runs and their deployments' limits are locked too, those
            that another transaction has locked are passed over, and so is what got its limit
            after the locks.
        work_pool_name: only of the pool of this name.
        worker_name: who asks; there is nothing for a worker that drains.
        passed_over: runs that are left out, each with its queue; they count as if they had slots.
    """
    limits = DeploymentLimits(lock=locked_limits is not None)
    selection: Selection[Run] = Selection(min(limit, MOST_RUNS), limits, by_priority=respect_queue_priorities)
    if selection.wanted <= 0:
        return selection
    statement, parameters = open_queues(work_pool_ids, work_queue_ids, window, worker_name, work_pool_name)
    found = await source.rows(statement, parameters)
    for queue_id, pool_id, priority, limit_, occupied, pool_limit, pool_occupied in found:
        if locked_limits is not None and not _is_locked(locked_limits, pool_id, pool_limit):
            continue
        if locked_limits is not None and not _is_locked(locked_limits, queue_id, limit_):
            continue
        selection.pool_free.setdefault(pool_id, _free(pool_limit, pool_occupied))
        selection.queues[queue_id] = OpenQueue(queue_id, pool_id, priority, _free(limit_, occupied))
    selection.leave_room_for(passed_over.values())
    for group in _groups(selection):
        if selection.wanted == 0:
            break
        await _take_from(source, selection, group, window, tuple(passed_over))
    await take_doomed(source, selection, window)
    return selection


def _is_locked(locked_limits: frozenset[UUID], object_id: UUID, limit: int | None) -> bool:
    return limit is None or object_id in locked_limits


def _free(limit: int | None, occupied: int | None) -> int:
    return MOST_RUNS if limit is None else min(MOST_RUNS, max(0, limit - (occupied or 0)))


def _groups(selection: Selection[Run]) -> Iterator[list[OpenQueue]]:
    """Split queues, which come by priority, into groups that are read together.

    Queues of one priority go by time and must be read together; without priorities that is
    all of them. Several priorities share a read as far as they are likely to be needed.
    """
    queues = list(selection.queues.values())
    if not selection.by_priority:
        yield queues
        return
    together: list[OpenQueue] = []
    expected = 0
    for _, same in groupby(queues, key=lambda queue: queue.priority):
        level = list(same)
        together += level
        expected += sum(selection.room(queue) for queue in level)
        if expected >= selection.wanted or len(together) >= _QUEUES_AT_ONCE:
            yield together
            together, expected = [], 0
    if together:
        yield together


async def _take_from(
    source: Source[Run],
    selection: Selection[Run],
    group: list[OpenQueue],
    window: StartWindow,
    passed_over: Sequence[UUID],
) -> None:
    """Choose from the first runs of these queues, or lane by lane where limits leave some out."""
    candidates = await _read_first(source, selection, group, window, passed_over)
    await selection.limits.learn(source, [one.limit for one in candidates])
    if selection.limits.are_overrun(candidates):
        await take_by_lanes(source, selection, group, window)
    else:
        selection.take_all(candidates)


async def _read_first(
    source: Source[Run],
    selection: Selection[Run],
    group: list[OpenQueue],
    window: StartWindow,
    passed_over: Sequence[UUID],
) -> list[Candidate[Run]]:
    """Read from each queue as many of its first runs as it could give."""
    takes = [(queue.id, selection.room(queue)) for queue in group]
    takes = [(queue_id, most) for queue_id, most in takes if most > 0]
    candidates: list[Candidate[Run]] = []
    for start in range(0, len(takes), _QUEUES_AT_ONCE):
        part = takes[start : start + _QUEUES_AT_ONCE]
        statement, parameters = first_due_runs(
            part,
            window,
            columns=source.columns,
            lock=selection.limits.lock,
            passed_over=passed_over,
        )
        rows = await source.rows(statement, parameters)
        candidates += [Candidate(source.run(row), DeploymentLimit.of(*row[-2:])) for row in rows]
    return candidates
