"""The rule of dispatch in plain Python, written from the contract (workers.md 3.12), for comparison.

It is the contract's own procedure, bound after bound; the server walks through indexes instead.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from penstock.core.states import StateType

NEVER = datetime.max.replace(tzinfo=UTC)
CAP = 1000


@dataclass(frozen=True)
class Pool:
    """A work pool as far as dispatch sees it."""

    id: UUID
    limit: int | None = None
    paused: bool = False


@dataclass(frozen=True)
class Queue:
    """A work queue as far as dispatch sees it."""

    id: UUID
    pool: Pool
    priority: int
    limit: int | None = None
    paused: bool = False


@dataclass(frozen=True)
class Run:
    """A flow run as far as dispatch sees it."""

    id: UUID
    queue: Queue | None
    state: StateType
    start: datetime | None = None
    retry_type: str | None = None

    @property
    def occupies(self) -> bool:
        """Whether the run counts against limits: it runs, or it waits in its process for a retry."""
        in_process = self.state is StateType.SCHEDULED and self.retry_type == "in_process"
        return in_process or self.state in (StateType.PENDING, StateType.RUNNING)


@dataclass(frozen=True)
class Choice:
    """The arguments of a poll."""

    pool_ids: Collection[UUID] = ()
    queue_ids: Collection[UUID] = ()
    before: datetime | None = None
    after: datetime | None = None
    limit: int | None = None
    by_priority: bool = True


def qualifies(run: Run, choice: Choice) -> bool:
    """Return whether rules a-h of 3.12 let the run through."""
    if run.state is not StateType.SCHEDULED or run.retry_type == "in_process":
        return False
    if run.queue is None or run.queue.paused or run.queue.pool.paused:
        return False
    if choice.pool_ids and run.queue.pool.id not in choice.pool_ids:
        return False
    if choice.queue_ids and run.queue.id not in choice.queue_ids:
        return False
    if run.start is None:
        return choice.before is None and choice.after is None
    return (choice.before is None or run.start <= choice.before) and (
        choice.after is None or run.start >= choice.after
    )


def free(limit: int | None, occupied: int) -> int:
    """Return how many runs a limit lets through."""
    return CAP if limit is None else min(CAP, max(0, limit - occupied))


def due_runs(runs: Collection[Run], choice: Choice) -> list[Run]:
    """Return the runs that a poll gives, in order."""

    def order(run: Run) -> tuple[int, datetime, UUID]:
        assert run.queue is not None
        return (run.queue.priority if choice.by_priority else 0, run.start or NEVER, run.id)

    def in_queue(run: Run, queue: Queue) -> bool:
        return run.queue is not None and run.queue.id == queue.id

    def in_pool(run: Run, pool: Pool) -> bool:
        return run.queue is not None and run.queue.pool.id == pool.id

    waiting = [run for run in runs if qualifies(run, choice)]
    of_queues: list[Run] = []
    for queue in {run.queue for run in waiting if run.queue}:
        occupied = sum(run.occupies and in_queue(run, queue) for run in runs)
        first = sorted((run for run in waiting if in_queue(run, queue)), key=order)
        of_queues += first[: free(queue.limit, occupied)]
    of_pools: list[Run] = []
    for pool in {run.queue.pool for run in of_queues if run.queue}:
        occupied = sum(run.occupies and in_pool(run, pool) for run in runs)
        first = sorted((run for run in of_queues if in_pool(run, pool)), key=order)
        of_pools += first[: free(pool.limit, occupied)]
    return sorted(of_pools, key=order)[: CAP if choice.limit is None else choice.limit]
