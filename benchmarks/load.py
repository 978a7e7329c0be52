"""Requests as fast as a server answers them, over some connections at once, and what they cost."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import nan
from statistics import median

from benchmarks.servers import Server
from benchmarks.wire import Connection, connected

Step = Callable[[Connection], Awaitable[int | None]]
"""One thing that is done and timed; returns how much work it has done, None when none is left."""


@dataclass(frozen=True)
class Sample:
    """One repetition on one server."""

    latencies: list[float]
    failures: int
    """Steps that did nothing."""

    units: int
    seconds: float
    cpu_seconds: float
    database_cpu_seconds: float | None

    @property
    def milliseconds(self) -> float:
        """The median latency of a step."""
        return median(self.latencies) * 1000 if self.latencies else nan

    @property
    def per_second(self) -> float:
        """Units of work that were done in a second."""
        return self.units / self.seconds


def sending(request: Callable[[], bytes]) -> Step:
    """Return the step that sends one request, made anew each time; a failure of the server is no work."""

    async def step(connection: Connection) -> int:
        return 1 if (await connection.ask(request(), may_fail=True)).status < 500 else 0

    return step


async def drive(server: Server, steps: list[Step], *, seconds: float, warm_up: Step | None = None) -> Sample:
    """Do each of the steps over and over on a connection of its own, until the time is over.

    A step that has begun is finished, and each is done at least once.

    Args:
        warm_up: done before on all connections at once, so that the server's own are open.
    """
    latencies: list[float] = []
    failed = 0

    async def series(step: Step, connection: Connection) -> int:
        nonlocal failed
        done = 0
        while True:
            began = time.perf_counter()
            units = await step(connection)
            ended = time.perf_counter()
            if units is None:
                return done
            done += units
            failed += not units
            latencies.append(ended - began)
            if ended > deadline:
                return done

    async with connected(server.port, len(steps)) as connections:
        if warm_up is not None:
            await asyncio.gather(*map(warm_up, connections))
        database_before, before = await server.database.cpu_seconds(), server.tree.cpu_seconds()
        start = time.perf_counter()
        deadline = start + seconds
        done = await asyncio.gather(*map(series, steps, connections))
        elapsed = time.perf_counter() - start
        used = server.tree.cpu_seconds() - before
        database_after = await server.database.cpu_seconds()
    return Sample(latencies, failed, sum(done), elapsed, used, _difference(database_before, database_after))


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else max(after - before, 0.0)
