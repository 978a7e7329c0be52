"""Reasons that the run's own state gives: it has ended, somebody has it, or it waits in its process."""

from penstock.core.states import StateName, StateType
from penstock.schemas.responses import Reason, ReasonCode, SlotOwner
from penstock.server.models.explain.situation import Situation
from penstock.server.models.explain.wording import at


def has_no_state(situation: Situation) -> Reason:
    """Nobody gave the run a state yet."""
    sentence = "It has no state yet: somebody has to schedule it, or its own process starts it."
    return Reason(code=ReasonCode.NO_STATE, sentence=sentence)


def has_ended(situation: Situation) -> Reason:
    """It is over."""
    run = situation.run
    ended = run.end_time or run.state_timestamp
    said = f": {run.state_message}" if run.state_message else "."
    return Reason(
        code=ReasonCode.ENDED,
        sentence=f"It has ended as {run.state_name} at {at(ended)}{said}",
        since=ended,
        comment=run.state_message,
    )


def is_held(situation: Situation) -> Reason:
    """Somebody has the run: it is about to run, runs, or is being stopped."""
    run = situation.run
    doing = {
        StateType.PENDING: "is about to start",
        StateType.RUNNING: "is running",
        StateType.CANCELLING: "is being stopped",
    }[run.state_type or StateType.RUNNING]
    sentence = f"It {doing}{_held_by(situation)}, {run.state_name} since {at(run.state_timestamp)}."
    return _of_holder(situation, ReasonCode.HELD, sentence)


def retries_in_process(situation: Situation) -> Reason:
    """The run waits inside its process for its next try."""
    when = situation.run.next_scheduled_start_time
    sentence = f"It waits in its own process for its next try at {at(when)}{_held_by(situation)}."
    reason = _of_holder(situation, ReasonCode.RETRIES_IN_PROCESS, sentence)
    if when is not None:
        reason.numbers["seconds"] = round(max(0.0, (when - situation.now).total_seconds()), 3)
    return reason


def is_paused(situation: Situation) -> Reason:
    """The run waits for somebody to resume it."""
    run = situation.run
    word = "suspended" if run.state_name == StateName.SUSPENDED else "paused"
    end = f"; it fails at {at(run.paused_until)} unless somebody does" if run.paused_until else ""
    sentence = f"It is {word} since {at(run.state_timestamp)} until somebody resumes it{end}."
    reason = _of_holder(situation, ReasonCode.PAUSED, sentence)
    reason.until = run.paused_until
    return reason


def _held_by(situation: Situation) -> str:
    run = situation.run
    if run.lease_kind is None:
        return ""
    by = f"worker '{run.worker_name}'" if run.worker_name else "somebody who gave no name"
    return f", held by {by} (attempt {run.attempt}, until {at(run.lease_expires_at)} unless heard of)"


def _of_holder(situation: Situation, code: ReasonCode, sentence: str) -> Reason:
    run = situation.run
    reason = Reason(code=code, sentence=sentence, since=run.state_timestamp, until=run.lease_expires_at)
    if run.lease_kind is not None:
        reason.by = run.worker_name
        reason.numbers["attempt"] = run.attempt
        owner = SlotOwner(
            flow_run_id=run.id, name=run.name, worker_name=run.worker_name, since=run.state_timestamp
        )
        reason.holders = [owner]
    return reason
