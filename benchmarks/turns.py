"""Servers take turns: while one is measured, the others stand still."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from benchmarks.load import Sample
from benchmarks.servers import Server

_SETTLE_SECONDS = 0.3


@dataclass
class Contestant:
    """Something that is measured again and again on one server."""

    name: str
    server: Server
    measure: Callable[[], Awaitable[Sample]]
    before: Callable[[], Awaitable[None]] | None = None
    """What has to be made anew before each repetition; not measured."""

    samples: list[Sample] = field(default_factory=list)


async def interleave(contestants: Sequence[Contestant], repetitions: int) -> None:
    """Let each contestant have its turn in every round, so that a slow minute hits all of them."""
    servers = list({id(one.server): one.server for one in contestants}.values())
    for _ in range(repetitions):
        for contestant in contestants:
            if contestant.before:
                await contestant.before()
            async with alone(contestant.server, servers):
                contestant.samples.append(await contestant.measure())


@asynccontextmanager
async def alone(server: Server | None, servers: Sequence[Server]) -> AsyncIterator[None]:
    """Freeze the other servers for a while."""
    others = [other for other in servers if other is not server]
    for other in others:
        other.tree.freeze()
    try:
        await asyncio.sleep(_SETTLE_SECONDS)
        yield
    finally:
        for other in others:
            other.tree.thaw()
