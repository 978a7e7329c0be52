"""The time a run is planned for (orchestration.md 1.6 rules 13, 14)."""

from penstock.server.orchestration.entries import Proposal
from penstock.server.orchestration.verdicts import Wait


async def copy(transition: Proposal) -> None:
    """Give the PENDING state the scheduled time of the state before, unless it has one."""
    initial, details = transition.initial, transition.proposed.state_details
    if initial is None or details.scheduled_time is not None:
        return
    planned = {"scheduled_time": initial.state_details.scheduled_time}
    transition.proposed = transition.proposed.model_copy(
        update={"state_details": details.model_copy(update=planned)}
    )


async def wait(transition: Proposal) -> Wait | None:
    """Let a run not start before its time; the client waits and asks again."""
    if transition.initial is None:
        return None
    planned = transition.initial.state_details.scheduled_time
    if planned is None:
        return None
    delay = round((planned - transition.now).total_seconds())
    return Wait("The run is planned for later.", delay) if delay > 0 else None
