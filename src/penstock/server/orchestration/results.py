"""A verdict as the answer that clients know (orchestration.md 1.3)."""

from penstock.schemas.responses import (
    OrchestrationResult,
    SetStateStatus,
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateWaitDetails,
)
from penstock.schemas.states import State
from penstock.server.orchestration.verdicts import Abort, Reject, Verdict, Wait


def result_of(verdict: Verdict | None, state: State | None) -> OrchestrationResult:
    """Return the answer of a verdict; without one the proposal was accepted.

    Args:
        state: the one that holds now.
    """
    match verdict:
        case None:
            return OrchestrationResult(
                state=state, status=SetStateStatus.ACCEPT, details=StateAcceptDetails()
            )
        case Reject(reason):
            rejected = StateRejectDetails(reason=reason)
            return OrchestrationResult(state=state, status=SetStateStatus.REJECT, details=rejected)
        case Abort(reason):
            aborted = StateAbortDetails(reason=reason)
            return OrchestrationResult(state=state, status=SetStateStatus.ABORT, details=aborted)
        case Wait(reason, delay_seconds):
            waits = StateWaitDetails(delay_seconds=delay_seconds, reason=reason)
            return OrchestrationResult(state=state, status=SetStateStatus.WAIT, details=waits)
