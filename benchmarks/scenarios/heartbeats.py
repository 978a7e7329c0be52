"""Heartbeats of a thousand workers of one pool."""

from itertools import cycle

from benchmarks.load import Sample, drive, sending
from benchmarks.scenarios.polls import looking
from benchmarks.scenes import Scene
from benchmarks.stage import Stage
from benchmarks.wire import connected, encode

WORKERS = 1_000
CONNECTIONS = 16
POOL = "heartbeats"


async def measure(stage: Stage) -> None:
    """Measure heartbeats one after the other and side by side."""
    workers = stage.shape(WORKERS)
    for scene in stage.scenes:
        await scene.pool(POOL)
        await _register(scene, workers)
    title = f"heartbeats of {workers:,} workers"
    race = await stage.race(lambda scene: _beat(stage, scene, workers, 1))
    stage.latency(race, title)
    stage.cpu(race, title, "heartbeat-cpu")
    race = await stage.race(lambda scene: _beat(stage, scene, workers, CONNECTIONS))
    stage.rate(race, f"{title}, {CONNECTIONS} at once", "heartbeat-rate")


async def _register(scene: Scene, workers: int) -> None:
    """Send the first heartbeat of each worker, which says more than the later ones."""
    async with connected(scene.server.port) as (connection,):
        for number in range(workers):
            await connection.ask(_heartbeat(number), may_fail=True)


def _heartbeat(number: int) -> bytes:
    body = {"name": f"worker-{number}", "heartbeat_interval_seconds": 30}
    return encode("POST", f"/work_pools/{POOL}/workers/heartbeat", body)


async def _beat(stage: Stage, scene: Scene, workers: int, at_once: int) -> Sample:
    requests = cycle([_heartbeat(number) for number in range(workers)])
    step = sending(lambda: next(requests))
    return await drive(scene.server, [step] * at_once, seconds=stage.seconds, warm_up=looking(POOL))
