"""Policies as lists: a rule and the transitions it looks at, for both kinds of run."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from penstock.core.states import StateType
from penstock.schemas.states import State
from penstock.server.orchestration.verdicts import Verdict


class Proposal(Protocol):
    """A state that is proposed for a run, and the one it has; a rule may change the proposed one."""

    initial: State | None
    proposed: State

    @property
    def initial_type(self) -> StateType | None:
        """The type of the present state; None for a run without one."""

    @property
    def now(self) -> datetime:
        """The time by which the run is judged."""


Kind = TypeVar("Kind", bound=Proposal)
States = frozenset[StateType | None]

ANY: States = frozenset({*StateType, None})


def of_types(*states: StateType) -> States:
    """Return the set of these types."""
    return frozenset(states)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Kind]):
    """A rule and the transitions it looks at; None stands for a run without a state."""

    rule: Callable[[Kind], Awaitable[Verdict | None]]
    initial: States
    proposed: States

    def concerns(self, transition: Kind) -> bool:
        """Return whether the rule looks at this transition."""
        return transition.initial_type in self.initial and transition.proposed.type in self.proposed


async def judge(policy: Iterable[Entry[Kind]], transition: Kind) -> Verdict | None:
    """Ask the rules of a policy in order and return the first objection, if any."""
    for entry in policy:
        if entry.concerns(transition):
            verdict = await entry.rule(transition)
            if verdict is not None:
                return verdict
    return None
