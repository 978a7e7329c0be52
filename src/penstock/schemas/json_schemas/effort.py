"""How much work a schema may make.

References can double at each level, and a pattern can try every way to divide a text: thirty characters or
thirty levels are enough for hours. The patterns' usual engine can't be stopped; another one can.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

import regex

MOST_REFERENCES = 100_000
LONGEST_SEARCH_SECONDS = 0.25

_UNLIMITED: Iterator[int] = count()
_followed: ContextVar[Iterator[int]] = ContextVar("followed", default=_UNLIMITED)


class TooMuchWorkError(ValueError):
    """The value was not checked to the end."""


@contextmanager
def limited_effort() -> Iterator[None]:
    """Count the references that are followed while the context lasts."""
    before = _followed.set(iter(range(MOST_REFERENCES)))
    try:
        yield
    finally:
        _followed.reset(before)


def follow_reference() -> None:
    """Count a reference that is followed.

    Raises:
        TooMuchWorkError: there were too many.
    """
    if next(_followed.get(), None) is None:
        raise TooMuchWorkError("it refers to its parts too often")


def is_found(pattern: str, text: str) -> bool:
    """Return whether a pattern is found somewhere in a text.

    Raises:
        TooMuchWorkError: it takes too long.
        regex.error: it is no pattern.
    """
    try:
        return regex.search(pattern, text, timeout=LONGEST_SEARCH_SECONDS) is not None
    except TimeoutError:
        shown = pattern if len(pattern) <= 50 else f"{pattern[:50]}…"
        raise TooMuchWorkError(f"the pattern '{shown}' takes too long") from None
