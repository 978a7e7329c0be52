"""Marking a run as late (orchestration.md 1.6 rule 10)."""

from penstock.core.states import StateName, StateType
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Reject


async def late_only_once(transition: Transition) -> Reject | None:
    """Let only a scheduled run that is not late yet become late."""
    if transition.proposed.name != StateName.LATE:
        return None
    initial = transition.initial
    if initial is None or initial.type is not StateType.SCHEDULED:
        return Reject("Only a scheduled run can be late.")
    if initial.name == StateName.LATE:
        return Reject("The run is marked as late already.")
    return None
