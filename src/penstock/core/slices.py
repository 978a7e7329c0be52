"""Long work in a coroutine, in slices between which others go on."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

Thing = TypeVar("Thing")
Made = TypeVar("Made")
SLICE = 20


async def make_each(make: Callable[[Thing], Made], things: Iterable[Thing]) -> list[Made]:
    """Make something of each thing, in their order; after each few of them whatever waits is done first."""
    made: list[Made] = []
    for thing in things:
        if made and len(made) % SLICE == 0:
            await asyncio.sleep(0)
        made.append(make(thing))
    return made
