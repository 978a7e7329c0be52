"""Trying a failed task run again, and what its states are called (orchestration.md 1.11 rules 7, 8)."""

import random
from datetime import timedelta

from penstock.core.clock import utc_now
from penstock.core.states import StateName, StateType, default_state_name
from penstock.schemas.states import AwaitingRetry
from penstock.server.orchestration.task_transition import TaskTransition
from penstock.server.orchestration.verdicts import Reject


async def retry_failed(transition: TaskTransition) -> Reject | None:
    """While the policy has retries left, let a failed task run wait for its next try instead."""
    run, proposed = transition.task_run, transition.proposed
    policy = run.empirical_policy
    if proposed.state_details.retriable is False:
        return None
    if policy.retries is None or run.run_count > policy.retries:
        return None
    delay = spread(policy.delay_of_try(run.run_count), policy.retry_jitter_factor)
    again = AwaitingRetry(utc_now() + timedelta(seconds=delay), message=proposed.message, data=proposed.data)
    return Reject("The task run failed and is tried again.", again)


def spread(seconds: float, factor: float | None) -> float:
    """Return a random delay around ``seconds``, longer or shorter by at most ``1 + factor`` times.

    The waits are those of a Poisson process, cut at both ends, so that tries do not come together.
    """
    if not factor or not seconds:
        return seconds
    widest = 1.0 + factor
    return min(max(random.expovariate(1.0 / seconds), seconds / widest), seconds * widest)


async def name_further_tries(transition: TaskTransition) -> None:
    """Call a try after the first Retrying or Rerunning, unless the client chose a name."""
    tries = 0 if transition.counts_tries_anew else transition.task_run.run_count
    if not tries or transition.proposed.name != default_state_name(StateType.RUNNING):
        return
    initial = transition.initial
    awaited = initial is not None and initial.name == StateName.AWAITING_RETRY
    transition.rename("Retrying" if awaited else "Rerunning")
