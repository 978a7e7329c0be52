"""Which rules look at which transition, in order (orchestration.md 1.6)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.server.orchestration.rules import (
    cancelling,
    deduplication,
    late,
    pausing,
    pending,
    retries,
    scheduled_time,
    slots,
    terminal,
)
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Verdict

Rule = Callable[[Transition], Awaitable[Verdict | None]]
States = frozenset[StateType | None]

ANY: States = frozenset({*StateType, None})
TERMINAL: States = frozenset(TERMINAL_STATES)


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule and the transitions it looks at; None stands for a run without a state."""

    rule: Rule
    initial: States
    proposed: States

    def concerns(self, transition: Transition) -> bool:
        """Return whether the rule looks at this transition."""
        return transition.initial_type in self.initial and transition.proposed.type in self.proposed


def _of(*states: StateType) -> States:
    return frozenset(states)


FLOW_RUN_POLICY = (
    Entry(deduplication.same_transition_once, ANY, ANY),
    Entry(terminal.keep_stored_result, _of(StateType.COMPLETED), ANY),
    Entry(terminal.leave_terminal_state, TERMINAL, ANY),
    Entry(cancelling.only_cancelled_after_cancelling, _of(StateType.CANCELLING), ANY),
    Entry(
        cancelling.cancel_what_runs_nowhere,
        _of(StateType.SCHEDULED, StateType.PAUSED),
        _of(StateType.CANCELLING),
    ),
    Entry(pending.pending_only_once, ANY, _of(StateType.PENDING)),
    Entry(late.late_only_once, ANY, _of(StateType.SCHEDULED)),
    Entry(pausing.pause_only_while_running, ANY, _of(StateType.PAUSED)),
    Entry(slots.take_slot, ANY, _of(StateType.PENDING, StateType.RUNNING)),
    Entry(scheduled_time.copy, _of(StateType.SCHEDULED), _of(StateType.PENDING)),
    Entry(
        scheduled_time.wait,
        _of(StateType.SCHEDULED, StateType.PENDING),
        _of(StateType.RUNNING),
    ),
    Entry(retries.retry_failed, _of(StateType.RUNNING), _of(StateType.FAILED)),
)
"""The rules of an ordinary transition. The first objection decides; later rules are not asked."""

FORCED_POLICY = (
    Entry(terminal.keep_stored_result, _of(StateType.COMPLETED), _of(StateType.COMPLETED)),
    Entry(
        cancelling.cancel_what_runs_nowhere,
        _of(StateType.SCHEDULED, StateType.PAUSED),
        _of(StateType.CANCELLING),
    ),
)
"""What even a forced transition observes (orchestration.md 1.5)."""


async def judge(policy: tuple[Entry, ...], transition: Transition) -> Verdict | None:
    """Ask the rules of a policy in order and return the first objection, if any."""
    for entry in policy:
        if entry.concerns(transition):
            verdict = await entry.rule(transition)
            if verdict is not None:
                return verdict
    return None
