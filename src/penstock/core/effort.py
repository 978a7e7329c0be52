"""How much work may be made of what a stranger wrote (ADR 0016).

A few lines can ask for hours: schemas whose conditions double at each level, templates with loops in loops.
So what is done for them is counted, in steps of about a microsecond, and not timed: the same thing is
accepted on a busy machine and on an idle one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MOST_STEPS = 1_000_000


class TooMuchWorkError(ValueError):
    """It was not done to the end."""


@dataclass
class _Left:
    steps: int = MOST_STEPS


_left: ContextVar[_Left | None] = ContextVar("left", default=None)


@contextmanager
def limited_effort() -> Iterator[None]:
    """Limit the work that is made while the context lasts; within another one, the limit of that holds."""
    if _left.get() is not None:
        yield
        return
    before = _left.set(_Left())
    try:
        yield
    finally:
        _left.reset(before)


def spend(steps: int) -> None:
    """Count some steps.

    Raises:
        TooMuchWorkError: there were too many.
        RuntimeError: nothing limits the effort.
    """
    left = _left.get()
    if left is None:
        raise RuntimeError("Work is counted within limited_effort() only.")
    left.steps -= steps
    if left.steps < 0:
        raise TooMuchWorkError("it asks for too much work")
