"""Trying a failed run again in its own process (orchestration.md 1.6 rule 15)."""

from datetime import timedelta

from penstock.core.states import IN_PROCESS
from penstock.schemas.states import AwaitingRetry
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Reject


async def retry_failed(transition: Transition) -> Reject | None:
    """While the policy has retries left, let a failed run wait for its next try instead."""
    policy = transition.flow_run.empirical_policy
    if policy.retries is None or transition.flow_run.run_count > policy.retries:
        transition.policy_changes |= {"retry_type": None}
        return None
    transition.policy_changes |= {
        "resuming": False,
        "pause_keys": set(),
        "retry_type": IN_PROCESS,
    }
    again = AwaitingRetry(
        transition.now + timedelta(seconds=policy.retry_delay or 0),
        message=transition.proposed.message,
        data=transition.proposed.data,
    )
    return Reject("The run failed and is tried again.", again)
