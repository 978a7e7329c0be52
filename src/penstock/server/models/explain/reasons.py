"""The reasons why a run is not running: one function each, asked in this order.

A run that has ended, is held, or waits for something else than its dispatch has one reason. One
that waits to be handed out has all that apply, the first in the way first.
"""

from collections.abc import Callable

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.responses import Reason, ReasonCode
from penstock.server.models.explain.limit_reasons import (
    deployment_is_full,
    pool_is_full,
    queue_is_full,
)
from penstock.server.models.explain.situation import Pause, Situation
from penstock.server.models.explain.state_reasons import (
    has_ended,
    has_no_state,
    is_held,
    is_paused,
    retries_in_process,
)
from penstock.server.models.explain.wording import at, number, span

_HELD = {StateType.PENDING, StateType.RUNNING, StateType.CANCELLING}


def reason_of_state(situation: Situation) -> Reason:
    """Return why a run that does not wait to be handed out is not running."""
    state_type = situation.run.state_type
    if state_type is None:
        return has_no_state(situation)
    if state_type in TERMINAL_STATES:
        return has_ended(situation)
    if state_type in _HELD:
        return is_held(situation)
    return is_paused(situation) if state_type is StateType.PAUSED else retries_in_process(situation)


def has_no_queue(situation: Situation) -> Reason | None:
    """The run is in no queue, or the one it was in is gone, alone or with its pool."""
    if situation.work_pool_id is not None:
        return None
    name, deployment = situation.run.work_queue_name, situation.deployment_name
    if name is not None:
        sentence = f"Its work queue '{name}' was deleted, alone or with its work pool."
    elif deployment is not None:
        sentence = f"It is in no work queue, so no worker is given it; its deployment is '{deployment}'."
    else:
        sentence = "It is in no work queue, so no worker is given it: its own process has to start it."
    return Reason(code=ReasonCode.NO_WORK_QUEUE, sentence=sentence)


def has_no_start_time(situation: Situation) -> Reason | None:
    """Nobody said when the run is to start."""
    if situation.run.next_scheduled_start_time is not None:
        return None
    sentence = "Its state names no start time: claims pass it over, and only a poll of all times shows it."
    return Reason(code=ReasonCode.NO_START_TIME, sentence=sentence)


def is_scheduled_for_later(situation: Situation) -> Reason | None:
    """The run's time has not come."""
    start = situation.run.next_scheduled_start_time
    if start is None or situation.is_due:
        return None
    seconds = (start - situation.now).total_seconds()
    return Reason(
        code=ReasonCode.SCHEDULED_FOR_LATER,
        sentence=f"It is scheduled for {at(start)}, in {span(seconds)}.",
        numbers={"seconds": round(seconds, 3)},
        until=start,
    )


def pool_is_paused(situation: Situation) -> Reason | None:
    """The work pool gives out nothing."""
    name = f"The work pool '{situation.work_pool_name}'"
    return _pause(ReasonCode.WORK_POOL_PAUSED, name, situation.pool_pause)


def queue_is_paused(situation: Situation) -> Reason | None:
    """The work queue gives out nothing."""
    name = f"The work queue '{situation.work_queue_name}'"
    return _pause(ReasonCode.WORK_QUEUE_PAUSED, name, situation.queue_pause)


def _pause(code: ReasonCode, name: str, pause: Pause) -> Reason | None:
    if not pause.is_paused:
        return None
    by = f" by {pause.by}" if pause.by else ""
    since = f" since {at(pause.since)}" if pause.since else ""
    comment = f": {pause.comment}" if pause.comment else "."
    sentence = f"{name} is paused{by}{since}{comment}"
    return Reason(code=code, sentence=sentence, by=pause.by, since=pause.since, comment=pause.comment)


def has_no_worker(situation: Situation) -> Reason | None:
    """No worker of the pool is there to ask for the run, or those that are ask for nothing more."""
    workers, pool = situation.workers, situation.work_pool_name
    if situation.work_pool_id is None or workers.online > workers.draining:
        return None
    numbers: dict[str, int | float] = {
        "known": workers.known,
        "online": workers.online,
        "draining": workers.draining,
    }
    if workers.online:
        sentence = f"All online workers of the work pool '{pool}' are draining ({workers.draining})."
        code = ReasonCode.ALL_WORKERS_DRAINING
    elif workers.last_name is None:
        sentence = f"No worker has served the work pool '{pool}' yet."
        code = ReasonCode.NO_WORKER_ONLINE
    else:
        heard = f"the last one heard of was '{workers.last_name}' at {at(workers.last_heard_of)}"
        sentence = f"No worker of the work pool '{pool}' is online; {heard}."
        code = ReasonCode.NO_WORKER_ONLINE
    return Reason(
        code=code,
        sentence=sentence,
        keeps_it_from_dispatch=False,
        numbers=numbers,
        by=workers.last_name,
        since=workers.last_heard_of,
    )


def has_runs_ahead(situation: Situation) -> Reason | None:
    """What is free now goes to runs that come first."""
    ahead = situation.ahead
    if situation.is_chosen or not ahead.total:
        return None
    blocked = f"; {ahead.blocked} of them wait for their deployment" if ahead.blocked else ""
    return Reason(
        code=ReasonCode.RUNS_AHEAD,
        sentence=f"{number(ahead.total, 'due run')} of its work pool"
        f" {'goes' if ahead.total == 1 else 'go'} first ({ahead.in_queue} in its own queue){blocked}.",
        numbers={
            "ahead": ahead.total,
            "ahead_in_its_queue": ahead.in_queue,
            "ahead_under_its_deployment_limit": ahead.of_limit,
            "blocked_by_a_deployment_limit": ahead.blocked,
        },
    )


def next_poll(situation: Situation) -> Reason:
    """Nothing is in the way."""
    before = situation.ahead.total
    after = f", after {number(before, 'run')} before it" if before else ""
    return Reason(
        code=ReasonCode.NEXT_POLL,
        sentence=f"Nothing is in its way: the next poll or claim that has room hands it out{after}.",
        keeps_it_from_dispatch=False,
        numbers={"ahead": before},
    )


DISPATCH_REASONS: tuple[Callable[[Situation], Reason | None], ...] = (
    has_no_queue,
    has_no_start_time,
    is_scheduled_for_later,
    pool_is_paused,
    queue_is_paused,
    pool_is_full,
    queue_is_full,
    deployment_is_full,
    has_no_worker,
    has_runs_ahead,
)
"""What can stand between a waiting run and its dispatch, the first first."""


def reasons_of(situation: Situation) -> list[Reason]:
    """Return every reason that applies, in order; never none."""
    if not situation.waits_for_dispatch:
        return [reason_of_state(situation)]
    found = [reason for ask in DISPATCH_REASONS if (reason := ask(situation)) is not None]
    return found or [next_poll(situation)]
