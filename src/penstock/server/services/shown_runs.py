"""Which worker was shown which run lately (ADR 0010).

Workers of Prefect poll for runs and then propose PENDING for each. Several that poll in the same
moments would all be shown the first runs, and all but one would be refused. So a run that was shown
to one worker comes after the others for the next few seconds, or until it is taken; and workers that
poll a pool at once are answered one after the other. It is a hint and kept in memory: limits and the
order of states hold without it, and nobody is refused because of it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from penstock.core.turns import Line, Turns

HOLD_SECONDS = 5.0
MOST_PASSED_OVER = 256
"""In a pool; so many are left out by a poll at the most."""


@dataclass(frozen=True, slots=True)
class _Shown:
    work_queue_id: UUID
    worker_name: str
    until: float


class ShownRuns:
    """The runs of pools that were shown to workers by this process and that nobody has taken since.

    Args:
        hold_seconds: how long a run is left to the worker that was shown it first.
        clock: seconds that only go forward.
    """

    def __init__(self, *, hold_seconds: float = HOLD_SECONDS, clock: Callable[[], float] = monotonic) -> None:
        self._hold_seconds = hold_seconds
        self._clock = clock
        # by pool, each pool's in the order in which they were shown
        self._by_pool: dict[str, OrderedDict[UUID, _Shown]] = {}
        self._pools: dict[UUID, str] = {}
        self._turns = Turns()

    def line(self, work_pool_name: str) -> Line:
        """Return what one is past from ``to_others`` until ``note``, so that the next one knows of it."""
        return self._turns.of(work_pool_name)

    def to_others(self, work_pool_name: str, worker_name: str) -> Mapping[UUID, UUID]:
        """Return the runs that other workers were shown, each with its queue."""
        self._forget_old(work_pool_name)
        shown = self._by_pool.get(work_pool_name) or OrderedDict()
        return {run_id: one.work_queue_id for run_id, one in shown.items() if one.worker_name != worker_name}

    def note(self, work_pool_name: str, worker_name: str, runs: Iterable[tuple[UUID, UUID]]) -> None:
        """Remember what a worker was shown: runs, each with its queue.

        One that another was shown first stays his; of many in a pool the newest are remembered.
        """
        until = self._clock() + self._hold_seconds
        shown = self._by_pool.setdefault(work_pool_name, OrderedDict())
        for run_id, work_queue_id in runs:
            before = shown.get(run_id)
            if before is not None and before.worker_name != worker_name:
                continue
            shown[run_id] = _Shown(work_queue_id, worker_name, until)
            shown.move_to_end(run_id)
            self._pools[run_id] = work_pool_name
        for run_id in list(shown)[: max(0, len(shown) - MOST_PASSED_OVER)]:
            self.forget(run_id)
        if not shown:
            self._by_pool.pop(work_pool_name, None)

    def forget(self, flow_run_id: UUID) -> None:
        """Forget a run for which somebody has proposed a state."""
        work_pool_name = self._pools.pop(flow_run_id, None)
        if work_pool_name is None:
            return
        shown = self._by_pool[work_pool_name]
        del shown[flow_run_id]
        if not shown:
            del self._by_pool[work_pool_name]

    def _forget_old(self, work_pool_name: str) -> None:
        now = self._clock()
        shown = self._by_pool.get(work_pool_name) or OrderedDict()
        for run_id in [run_id for run_id, one in shown.items() if one.until <= now]:
            self.forget(run_id)
