"""Short ways to write the usual states; keywords go to ``State``."""

from datetime import datetime
from typing import Any

from penstock.core.clock import utc_now
from penstock.core.states import StateName, StateType
from penstock.schemas.states.details import StateDetails
from penstock.schemas.states.state import State
from penstock.schemas.timestamps import to_utc


def Scheduled(scheduled_time: datetime | None = None, **kw: Any) -> State:  # noqa: N802
    """Return a SCHEDULED state, due now when no time is given."""
    details = StateDetails.model_validate(kw.pop("state_details", None) or {})
    if scheduled_time is not None:
        if details.scheduled_time is not None:
            raise ValueError("The scheduled time is given twice, also in the state details.")
        details = details.model_copy(update={"scheduled_time": to_utc(scheduled_time)})
    elif details.scheduled_time is None:
        details = details.model_copy(update={"scheduled_time": utc_now()})
    return State(type=StateType.SCHEDULED, state_details=details, **kw)


def Late(scheduled_time: datetime | None = None, **kw: Any) -> State:  # noqa: N802
    """Return a SCHEDULED state for a run that should have started by now."""
    return Scheduled(scheduled_time, name=StateName.LATE, **kw)


def AwaitingRetry(scheduled_time: datetime | None = None, **kw: Any) -> State:  # noqa: N802
    """Return a SCHEDULED state for a run that will be tried again."""
    return Scheduled(scheduled_time, name=StateName.AWAITING_RETRY, **kw)


def AwaitingConcurrencySlot(scheduled_time: datetime | None = None, **kw: Any) -> State:  # noqa: N802
    """Return a SCHEDULED state for a run that waits for a slot."""
    return Scheduled(scheduled_time, name=StateName.AWAITING_CONCURRENCY_SLOT, **kw)


def Pending(**kw: Any) -> State:  # noqa: N802
    """Return a PENDING state."""
    return State(type=StateType.PENDING, **kw)


def Running(**kw: Any) -> State:  # noqa: N802
    """Return a RUNNING state."""
    return State(type=StateType.RUNNING, **kw)


def Completed(**kw: Any) -> State:  # noqa: N802
    """Return a COMPLETED state."""
    return State(type=StateType.COMPLETED, **kw)


def Failed(**kw: Any) -> State:  # noqa: N802
    """Return a FAILED state."""
    return State(type=StateType.FAILED, **kw)


def Crashed(**kw: Any) -> State:  # noqa: N802
    """Return a CRASHED state."""
    return State(type=StateType.CRASHED, **kw)


def Cancelled(**kw: Any) -> State:  # noqa: N802
    """Return a CANCELLED state."""
    return State(type=StateType.CANCELLED, **kw)


def Cancelling(**kw: Any) -> State:  # noqa: N802
    """Return a CANCELLING state."""
    return State(type=StateType.CANCELLING, **kw)


def Paused(**kw: Any) -> State:  # noqa: N802
    """Return a PAUSED state."""
    return State(type=StateType.PAUSED, **kw)
