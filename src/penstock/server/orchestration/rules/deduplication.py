"""A proposal that was sent twice is written once (orchestration.md 1.6 rule 2)."""

from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Reject


async def same_transition_once(transition: Transition) -> Reject | None:
    """Refuse a proposal whose transition id the present state already carries.

    Or the id of what the proposer goes on to: then he was here before, and this was answered too.
    """
    initial = transition.initial
    if initial is None or initial.state_details.transition_id is None:
        return None
    proposed = transition.proposed.state_details.transition_id
    if initial.state_details.transition_id not in {proposed, *transition.proposer.goes_on}:
        return None
    return Reject("This transition has been made already.")
