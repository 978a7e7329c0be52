"""Waiting until nothing is held any more, and saying how far it is."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

from penstock.schemas.responses import HeldRuns

LOOK_AGAIN_SECONDS = 1.0


async def until_free(read_held: Callable[[], Awaitable[Sequence[HeldRuns]]], *, quiet: bool) -> None:
    """Return once nobody holds anything; every change is told on standard error unless ``quiet``."""
    told = None
    while held := await read_held():
        sentence = held_words(held)
        if sentence != told and not quiet:
            print(f"Still held: {sentence}", file=sys.stderr, flush=True)
        told = sentence
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def held_words(held: Sequence[HeldRuns]) -> str:
    """Return who holds how many runs, e.g. ``3 runs (w1: 2, w2: 1)``."""
    total = sum(one.count for one in held)
    who = ", ".join(f"{one.worker_name or 'unnamed'}: {one.count}" for one in held)
    return f"{total} run{'' if total == 1 else 's'} ({who})" if total else "no runs"
