"""A proposal that was sent twice is written once (orchestration.md 1.6 rule 2)."""

from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Reject


async def same_transition_once(transition: Transition) -> Reject | None:
    """Refuse a proposal whose transition id the present state already carries."""
    initial = transition.initial
    transition_id = transition.proposed.state_details.transition_id
    if initial is None or transition_id is None:
        return None
    if initial.state_details.transition_id != transition_id:
        return None
    return Reject("This transition has been made already.")
