"""When a waiting run will start: a simple estimate, and none where there is nothing to judge by.

A limit of ``s`` slots whose runs take ``d`` seconds on average gives a slot back every ``d / s``
seconds. A run with ``a`` runs before it and ``f`` free slots needs the ``a - f + 1``-th slot that
comes back, so it waits ``(a - f + 1) * d / s`` seconds. That is reckoned for every limit over the
run with the runs before it that stand under the same limit, and the longest wait counts. Runs that
wait for their own deployment's slot are not counted as before it. It takes no account of runs that
are still to come with a higher priority, nor of how many runs the workers take at once.
"""

from datetime import timedelta
from typing import NamedTuple

from penstock.schemas.responses import Reason, ReasonCode, StartEstimate
from penstock.server.models.explain.durations import Durations
from penstock.server.models.explain.situation import Situation, Slots

FEWEST_RUNS = 3
"""Fewer completed runs are no basis."""

_TIME_ALONE_CURES = {
    ReasonCode.SCHEDULED_FOR_LATER,
    ReasonCode.WORK_POOL_LIMIT,
    ReasonCode.WORK_QUEUE_LIMIT,
    ReasonCode.DEPLOYMENT_LIMIT,
    ReasonCode.RUNS_AHEAD,
    ReasonCode.NEXT_POLL,
}


class _Line(NamedTuple):
    """Those who wait for the slots of one limit before the run."""

    slots: Slots
    before: int

    @property
    def needed(self) -> int:
        """How many slots have to come back until it is the run's turn."""
        return max(0, self.before - self.slots.free + 1)


def can_be_estimated(situation: Situation, reasons: list[Reason]) -> bool:
    """Return whether nothing but time stands in the way of a waiting run."""
    if not situation.waits_for_dispatch or not {one.code for one in reasons} <= _TIME_ALONE_CURES:
        return False
    is_doomed = situation.deployment_limit is not None and situation.deployment_limit.cancels_new
    full = [line.slots for line in _lines(situation) if line.needed]
    return all(slots.limit for slots in full) and not (is_doomed and situation.deployment in full)


def needs_durations(situation: Situation) -> bool:
    """Return whether slots have to come back before it is the run's turn."""
    return any(line.needed for line in _lines(situation))


def estimate_start(situation: Situation, durations: Durations | None) -> StartEstimate | None:
    """Estimate the start of a run that only time keeps waiting; None without a basis.

    Args:
        durations: how long runs of the pool took lately, where slots have to come back.
    """
    planned = situation.run.next_scheduled_start_time or situation.now
    lines = [line for line in _lines(situation) if line.needed]
    if not lines:
        if situation.ahead.total and not situation.is_chosen:
            return None
        basis = "its scheduled time" if planned > situation.now else "nothing is in its way"
        return _estimate(situation, 0.0, basis)
    if durations is None or durations.count < FEWEST_RUNS:
        return None
    mean = durations.mean_seconds
    wait, line = max(
        ((line.needed * mean / line.slots.limit, line) for line in lines), key=lambda one: one[0]
    )
    basis = (
        f"{line.needed} slots of {line.slots.limit} have to come back, and {durations.count} runs"
        f" of the pool took {mean:.1f} s on average within the last hour"
    )
    estimate = _estimate(situation, wait, basis)
    estimate.mean_run_seconds, estimate.sampled_runs = round(mean, 3), durations.count
    return estimate


def _lines(situation: Situation) -> list[_Line]:
    ahead = situation.ahead
    lines = (
        (situation.pool, ahead.total - ahead.blocked),
        (situation.queue, ahead.in_queue - ahead.blocked_in_queue),
        (situation.deployment, ahead.of_limit),
    )
    return [_Line(slots, before) for slots, before in lines if slots is not None]


def _estimate(situation: Situation, wait_seconds: float, basis: str) -> StartEstimate:
    planned = situation.run.next_scheduled_start_time or situation.now
    starts_at = max(planned, situation.now + timedelta(seconds=wait_seconds))
    seconds = max(0.0, (starts_at - situation.now).total_seconds())
    return StartEstimate(starts_at=max(starts_at, situation.now), seconds=round(seconds, 3), basis=basis)
