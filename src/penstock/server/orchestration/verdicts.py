"""What a rule can say about a proposed state (orchestration.md 1.3)."""

from dataclasses import dataclass

from penstock.schemas.states import State


@dataclass(frozen=True, slots=True)
class Reject:
    """The run does not get the proposed state; it gets ``instead``, or keeps the one it has."""

    reason: str
    instead: State | None = None


@dataclass(frozen=True, slots=True)
class Abort:
    """The run keeps its state and the client should stop."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Too early: the client should propose the same state again after the delay."""

    reason: str
    delay_seconds: int


Verdict = Reject | Abort | Wait
"""None of them means that the rule has no objection."""
