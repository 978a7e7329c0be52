"""Turns: for each of many things a few at a time, first come, first served."""

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary


class Turns:
    """Who waits for what; things that nobody waits for are forgotten.

    Args:
        at_once: how many may have one thing at a time.
    """

    def __init__(self, at_once: int = 1) -> None:
        self._at_once = at_once
        self._of: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, thing: Hashable) -> asyncio.Semaphore:
        """Return what is to be held while one has the thing; it is entered in the order of arrival."""
        turn = self._of.get(thing)
        if turn is None:
            turn = self._of[thing] = asyncio.Semaphore(self._at_once)
        return turn
