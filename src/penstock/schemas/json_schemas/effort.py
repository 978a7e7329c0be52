"""How much work a check may make.

A check can cost the size of the schema times that of the value, references and nested conditions can double
it at each level, and a pattern can try every way to divide a text: thirty characters or thirty levels are
enough for hours. So its steps are counted, and its searches are timed. The patterns' usual engine can't be
stopped; another one can.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import thread_time

import regex

MOST_STEPS = 1_000_000
"""About a second. A step is a keyword that is applied, or an entry that it looks at."""

LONGEST_SEARCH_SECONDS = 0.25
"""So much processor time all searches of a check may take together."""

LONGEST_PATTERN = 20_000
"""In characters; what a longer one takes is not its search."""


class TooMuchWorkError(ValueError):
    """The value was not checked to the end."""


@dataclass
class _Effort:
    steps: int = MOST_STEPS
    search_seconds: float = LONGEST_SEARCH_SECONDS


_left: ContextVar[_Effort] = ContextVar("left")


@contextmanager
def limited_effort() -> Iterator[None]:
    """Limit the work that is made while the context lasts; all of a check is made in one."""
    before = _left.set(_Effort())
    try:
        yield
    finally:
        _left.reset(before)


def spend(steps: int) -> None:
    """Count some steps.

    Raises:
        TooMuchWorkError: that was too much.
    """
    left = _left.get()
    left.steps -= steps
    if left.steps < 0:
        raise TooMuchWorkError("it takes too long to check")


def is_found(pattern: str, text: str) -> bool:
    """Return whether a pattern is found somewhere in a text.

    Raises:
        TooMuchWorkError: it takes too long.
        regex.error: it is no pattern.
    """
    spend(1)
    left, began = _left.get(), thread_time()
    if len(pattern) > LONGEST_PATTERN:
        raise _too_long(pattern)
    try:
        # zero would mean that there is no time-out
        return regex.search(pattern, text, timeout=max(left.search_seconds, 1e-6)) is not None
    except TimeoutError:
        raise _too_long(pattern) from None
    finally:
        left.search_seconds -= thread_time() - began


def _too_long(pattern: str) -> TooMuchWorkError:
    shown = pattern if len(pattern) <= 50 else f"{pattern[:50]}…"
    return TooMuchWorkError(f"the pattern '{shown}' takes too long")
