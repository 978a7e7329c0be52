"""``penstock run why`` as a person reads it."""

from rich.text import Text

from penstock.cli.render import console, duration, print_table, state
from penstock.schemas.responses import FlowRunExplanation, Reason, SlotOwner

OWNERS_SHOWN = 5


def print_explanation(explanation: FlowRunExplanation) -> None:
    """Print the reasons in order, the holders of slots below, and the estimate."""
    out = console()
    headline = Text.assemble(
        (explanation.name, "bold"), ": ", state(explanation.state_type, explanation.state_name)
    )
    if explanation.work_pool_name:
        headline.append(f" in {explanation.work_pool_name}/{explanation.work_queue_name}", style="dim")
    out.print(headline)
    for number, reason in enumerate(explanation.reasons, start=1):
        style = "yellow" if reason.keeps_it_from_dispatch else "green"
        out.print(Text.assemble((f"{number}. ", "bold"), (reason.sentence, style)), soft_wrap=True)
    if explanation.estimate is not None:
        estimate = explanation.estimate
        soon = "now" if estimate.seconds < 1 else f"in about {duration(estimate.seconds)}"
        out.print(f"Likely start: {soon} ({estimate.basis}).", soft_wrap=True, markup=False)
    _print_owners(explanation.reasons)


def _print_owners(reasons: list[Reason]) -> None:
    owners: dict[object, SlotOwner] = {}
    for reason in reasons:
        for owner in reason.holders:
            owners.setdefault(owner.flow_run_id or id(owner), owner)
    if not owners:
        return
    rows = [(one.name, one.worker_name, one.since, one.flow_run_id) for one in owners.values()]
    print()
    print_table(("HELD BY", "WORKER", "SINCE", "ID"), rows[:OWNERS_SHOWN], empty="")
    if len(rows) > OWNERS_SHOWN:
        print(f"and {len(rows) - OWNERS_SHOWN} more; all with --json.")
