"""Attempts that end because nobody is heard of any more (design, section 3).

The run goes back to its queue after a pause that doubles each time, as often as its deployment
makes up for lost attempts; after that it has crashed. Whoever held it is fenced off: what he says
from then on changes nothing.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseKind, LeaseTimes
from penstock.core.states import StateType
from penstock.schemas.states import AwaitingRetry, Cancelled, Crashed, State
from penstock.server.models.attempts.expired import ExpiredAttempt, lock_expired_attempt
from penstock.server.orchestration.readings import lock_transition
from penstock.server.orchestration.set_state import write_transition
from penstock.server.orchestration.teardown import LOST_ATTEMPT_TEARDOWN, ask_for_teardown
from penstock.server.orchestration.transition import Transition

LONGEST_RETRY_DELAY_SECONDS = 600.0


async def end_expired_attempt(
    session: AsyncSession, flow_run_id: UUID, lease_times: LeaseTimes = DEFAULT_LEASE_TIMES
) -> bool:
    """End the attempt of a run if its lease has run out by the database's clock.

    A running one that never gave signs of life, with a worker that renews no leases and is online
    or unknown, is not judged: it gets another lease. Several servers may do this at once.

    Returns:
        Whether the attempt has been ended.
    """
    expired = await lock_expired_attempt(session=session, flow_run_id=flow_run_id)
    if expired is None:
        return False
    transition = await lock_transition(
        session=session, flow_run_id=flow_run_id, state=Crashed(), lease_times=lease_times
    )
    if _is_not_to_be_judged(transition, expired):
        another = timedelta(seconds=lease_times.silence_seconds)
        transition.flow_run.lease_expires_at = transition.now + another
        await session.flush()
        return False
    await _end(transition, expired)
    return True


def _is_not_to_be_judged(transition: Transition, expired: ExpiredAttempt) -> bool:
    """Return whether silence says nothing: the run never gave signs, its worker is not known to be gone."""
    is_running = transition.initial_type is StateType.RUNNING
    is_observed = expired.kind is LeaseKind.OBSERVED
    worker_is_gone = expired.worker_name is not None and not expired.worker_is_online
    return is_observed and is_running and not worker_is_gone and not transition.flow_run.last_sign_of_life


async def _end(transition: Transition, expired: ExpiredAttempt) -> None:
    run = transition.flow_run
    if transition.initial_type is StateType.CANCELLING:
        cancelling_state_id = run.state_id
        message = f"{_what_happened(transition, expired)} while the run was to be stopped."
        await write_transition(transition, Cancelled(message=message))
        if cancelling_state_id is not None:
            await ask_for_teardown(
                session=transition.own_session, flow_run=run, cancelling_state_id=cancelling_state_id
            )
        return
    if run.infrastructure_pid and run.state_id is not None:
        await ask_for_teardown(
            session=transition.own_session,
            flow_run=run,
            cancelling_state_id=run.state_id,
            kind=LOST_ATTEMPT_TEARDOWN,
        )
    run.infra_failures = (run.infra_failures or 0) + 1
    transition.policy_changes |= {"retry_type": None, "resuming": False, "pause_keys": set()}
    await write_transition(transition, _next_state(transition, expired))


def _next_state(transition: Transition, expired: ExpiredAttempt) -> State:
    run = transition.flow_run
    happened = f"{_what_happened(transition, expired)} (attempt {run.attempt})."
    left = expired.infra_retries - run.infra_failures
    if left < 0 or (run.work_queue_id is None and run.deployment_id is None):
        return Crashed(message=happened)
    delay = min(
        LONGEST_RETRY_DELAY_SECONDS, expired.infra_retry_delay_seconds * 2 ** (run.infra_failures - 1)
    )
    again = f"It is tried again, {left} more times at the most after that."
    return AwaitingRetry(transition.now + timedelta(seconds=delay), message=f"{happened} {again}")


def _last_word(transition: Transition, expired: ExpiredAttempt) -> datetime:
    times, ended = transition.lease_times, transition.flow_run.lease_expires_at
    if expired.kind is LeaseKind.OBSERVED or ended is None:
        return expired.silent_since
    return ended - timedelta(seconds=times.claim_seconds + times.grace_seconds)


def _what_happened(transition: Transition, expired: ExpiredAttempt) -> str:
    name = expired.worker_name
    who = "Its process" if name is None else f"Worker '{name}'"
    is_gone = name is not None and not expired.worker_is_online
    is_observed = expired.kind is LeaseKind.OBSERVED
    if transition.initial_type is StateType.PENDING and is_observed:
        return (
            f"{who} is gone and had not started the run"
            if is_gone
            else f"{who} did not start the run in time"
        )
    silent = round((transition.now - _last_word(transition, expired)).total_seconds())
    if name is None or not is_observed:
        return f"{who} was not heard of for {silent} s"
    also = ", and the worker is gone" if is_gone else ""
    return f"The run's process on worker '{name}' was not heard of for {silent} s{also}"
