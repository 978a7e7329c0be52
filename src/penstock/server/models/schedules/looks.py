"""How long a recurrence rule is followed for dates that it does not find.

The library goes on to the year 9999, step by step. A rule whose parts never meet, like "the second one of
every second", would keep it busy for days. At each step it asks the parts of the rule, so their answers
are counted.
"""

from collections.abc import Iterator
from copy import copy
from typing import Any

MOST_LOOKS = 10_000_000
"""A second or two."""

_LOOKS_FOR = {
    "_bysetpos": 20,
    "_bymonth": 1,
    "_bymonthday": 1,
    "_bynmonthday": 1,
    "_byyearday": 1,
    "_byweekday": 1,
    "_byhour": 1,
    "_byminute": 1,
    "_bysecond": 1,
}
"""The parts of a rule, and what the step costs at which they are asked."""


class NothingInSightError(Exception):
    """There is no next date, or it is too far."""


class Looks:
    """Counts how often was looked for the dates of one schedule."""

    def __init__(self) -> None:
        self._left = MOST_LOOKS

    def take(self, number: int = 1) -> None:
        """Count some looks.

        Raises:
            NothingInSightError: that was enough.
        """
        self._left -= number
        if self._left < 0:
            raise NothingInSightError


class _Part(frozenset[int]):
    """A part of a rule, like its hours, that counts when it is asked."""

    __slots__ = ("cost", "looks")

    cost: int
    looks: Looks

    def __contains__(self, value: object) -> bool:
        self.looks.take(self.cost)
        return super().__contains__(value)

    def __iter__(self) -> Iterator[int]:
        self.looks.take(self.cost)
        return super().__iter__()


def counting(rule: Any, looks: Looks) -> Any:
    """Return a rule of the library whose parts count how often they are asked."""
    counted = copy(rule)
    for name, cost in _LOOKS_FOR.items():
        values = getattr(rule, name)
        if values:
            part = _Part(values)
            part.looks, part.cost = looks, cost
            setattr(counted, name, part)
    return counted
