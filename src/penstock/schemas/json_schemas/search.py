"""Searches that end.

A pattern can try every way to divide a text: thirty characters are enough for hours. The usual engine can't
be stopped; another one can.
"""

from time import thread_time

import regex

from penstock.core.effort import TooMuchWorkError, spend

LONGEST_SEARCH_SECONDS = 0.25
STEPS_A_SECOND = 1_000_000

LONGEST_PATTERN = 20_000
"""In characters; what a longer one takes is not its search."""


def is_found(pattern: str, text: str) -> bool:
    """Return whether a pattern is found somewhere in a text; the processor time that it takes is counted.

    Raises:
        TooMuchWorkError: it takes too long.
        regex.error: it is no pattern.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise _too_long(pattern)
    began = thread_time()
    try:
        found = regex.search(pattern, text, timeout=LONGEST_SEARCH_SECONDS)
    except TimeoutError:
        raise _too_long(pattern) from None
    spend(1 + round((thread_time() - began) * STEPS_A_SECOND))
    return found is not None


def _too_long(pattern: str) -> TooMuchWorkError:
    shown = pattern if len(pattern) <= 50 else f"{pattern[:50]}…"
    return TooMuchWorkError(f"the pattern '{shown}' takes too long")
