"""A worker that drains is given no more runs (design, section 3)."""

from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Reject


async def nothing_for_a_draining_worker(transition: Transition) -> Reject | None:
    """Leave a waiting run where it is when the worker that wants it drains; another one takes it."""
    if not transition.limits.worker_is_draining or transition.is_held or transition.proposer.is_process:
        return None
    return Reject(f"The worker '{transition.proposer.worker_name}' is draining and is given no more runs.")
