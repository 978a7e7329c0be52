"""What a change of state means for the attempt: it begins, goes on for another lease, or is over.

A run is *held* from the moment it is given to somebody until it leaves his hands: while PENDING,
RUNNING or CANCELLING, and while its process waits for a retry or for the end of a pause.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseKind, LeaseTimes
from penstock.core.errors import ConflictError
from penstock.core.states import IN_PROCESS, QUEUE_HOLDER_STATES, SLOT_STATES, TERMINAL_STATES, StateType
from penstock.schemas.states import State
from penstock.server.database.orm_models import FlowRun


@dataclass(frozen=True, slots=True)
class Holder:
    """Who takes a run, or is heard of about it, and when by the database's clock."""

    now: datetime
    kind: LeaseKind = LeaseKind.OBSERVED
    worker_name: str | None = None
    times: LeaseTimes = DEFAULT_LEASE_TIMES


def keep_attempt(flow_run: FlowRun, before: State | None, state: State, holder: Holder | None) -> None:
    """Begin, prolong or end the run's attempt as it enters ``state``.

    Runs that no worker can be given (without deployment and queue) are nobody's attempts: their
    process is its own master. Without a holder an attempt may end here, but does not begin.
    """
    if not is_held(flow_run, state):
        if flow_run.lease_kind is not None and state.type is StateType.SCHEDULED:
            flow_run.infrastructure_pid = None
        flow_run.lease_kind = None
        flow_run.lease_expires_at = None
        if before is not None and before.type in TERMINAL_STATES:
            flow_run.infra_failures = 0
        return
    if holder is None or (flow_run.deployment_id is None and flow_run.work_queue_id is None):
        return
    if flow_run.lease_kind is None and state.type in SLOT_STATES:
        flow_run.attempt = (flow_run.attempt or 0) + 1
        flow_run.worker_name = holder.worker_name
        flow_run.lease_kind = holder.kind
        flow_run.last_sign_of_life = None
    if flow_run.lease_kind is not None:
        flow_run.lease_expires_at = _end_of_lease(flow_run.lease_kind, state, holder)


def require_current_attempt(flow_run: FlowRun, attempt: int) -> None:
    """Refuse who was given an earlier attempt of a run, or whose attempt is over.

    Raises:
        ConflictError: which attempt is the current one, or what became of the run.
    """
    if flow_run.lease_kind is not None and attempt == flow_run.attempt:
        return
    raise ConflictError(
        why_it_is_over(
            attempt,
            flow_run.attempt,
            is_held=flow_run.lease_kind is not None,
            worker_name=flow_run.worker_name,
            state_name=flow_run.state_name,
        )
    )


def keep_attempt_under_new_policy(flow_run: FlowRun) -> None:
    """End the attempt of a run that waited in its process for a retry and that now any worker may try."""
    if (
        flow_run.lease_kind is not None
        and flow_run.state is not None
        and not is_held(flow_run, flow_run.state)
    ):
        flow_run.lease_kind = None
        flow_run.lease_expires_at = None


def is_held(flow_run: FlowRun, state: State) -> bool:
    """Return whether a run in this state is in somebody's hands."""
    if state.type is StateType.SCHEDULED:
        return flow_run.empirical_policy.retry_type == IN_PROCESS
    if state.type is StateType.PAUSED:
        return not state.state_details.pause_reschedule
    return state.type in QUEUE_HOLDER_STATES


def _end_of_lease(kind: LeaseKind, state: State, holder: Holder) -> datetime:
    times, now = holder.times, holder.now
    if kind is LeaseKind.CLAIMED:
        return now + timedelta(seconds=times.claim_seconds + times.grace_seconds)
    if state.type is StateType.PENDING:
        return now + timedelta(seconds=times.start_seconds)
    details = state.state_details
    waits_until = details.pause_timeout if state.type is StateType.PAUSED else details.scheduled_time
    begins = max(now, waits_until or now)
    return begins + timedelta(seconds=times.silence_seconds)


def why_it_is_over(
    named: int | None, current: int, *, is_held: bool, worker_name: str | None, state_name: str | None
) -> str:
    """Say that an attempt is not the current one, and which is or what became of the run."""
    speaker = "This attempt" if named is None else f"Attempt {named}"
    if is_held:
        by = "" if worker_name is None else f", held by worker '{worker_name}'"
        return f"{speaker} of the run is over: attempt {current} is the current one{by}."
    return f"{speaker} of the run is over: after attempt {current} the run is {state_name or 'new'}."
