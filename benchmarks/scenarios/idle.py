"""What fifty workers cost that have nothing to do: they poll, and say that they are alive."""

import asyncio
import time
from statistics import median

from benchmarks.load import Sample
from benchmarks.scenarios.polls import poll_request
from benchmarks.scenes import Scene
from benchmarks.stage import Stage
from benchmarks.wire import Connection, connected, encode

WORKERS = 50
POLL_SECONDS = 10.0
POLLS_PER_HEARTBEAT = 3
"""The peer's workers poll every 10 s or so and send a heartbeat every 30 s."""

POOL = "idle"
LONGER = 4


async def measure(stage: Stage) -> None:
    """Measure the processor time that goes by while nothing happens."""
    for scene in stage.scenes:
        await scene.pool(POOL)
    race = await stage.race(lambda scene: _be_idle(stage, scene), repetitions=stage.few)
    stage.record(
        f"CPU with {WORKERS} idle workers (a poll every {POLL_SECONDS:.0f} s each, heartbeats)",
        "%",
        median(map(_percent, race.ours)),
        median(map(_percent, race.theirs)) if race.theirs else None,
    )


async def _be_idle(stage: Stage, scene: Scene) -> Sample:
    seconds = max(stage.seconds * LONGER, 2.0)
    async with connected(scene.server.port, WORKERS) as connections:
        before, start = scene.server.tree.cpu_seconds(), time.perf_counter()
        asked = await asyncio.gather(
            *(_worker(number, connection, start + seconds) for number, connection in enumerate(connections))
        )
        used, elapsed = scene.server.tree.cpu_seconds() - before, time.perf_counter() - start
    failures = sum(one.failures for one in connections)
    if failures:
        stage.note(
            f"{scene.server.name} answered {failures} requests of {WORKERS} idle workers with an error."
        )
    return Sample([], failures, sum(asked), elapsed, used, None)


async def _worker(number: int, connection: Connection, end: float) -> int:
    """Poll at this worker's own moments, which are spread evenly over the interval."""
    name = f"worker-{number}"
    heartbeat = encode("POST", f"/work_pools/{POOL}/workers/heartbeat", {"name": name})
    await asyncio.sleep(POLL_SECONDS * number / WORKERS)
    polls = 0
    while time.perf_counter() < end:
        await connection.ask(poll_request(POOL, 10, {"x-prefect-worker-name": name}), may_fail=True)
        if (number + polls) % POLLS_PER_HEARTBEAT == 0:
            await connection.ask(heartbeat, may_fail=True)
        polls += 1
        await asyncio.sleep(POLL_SECONDS)
    return polls


def _percent(sample: Sample) -> float:
    return 100 * sample.cpu_seconds / sample.seconds
