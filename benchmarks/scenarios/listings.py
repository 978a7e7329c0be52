"""What dashboards and clients ask for: pools, who holds the slots of one, runs and a run."""

from benchmarks.load import Sample, drive, sending
from benchmarks.scenes import Pool, Queue, Scene
from benchmarks.stage import Stage
from benchmarks.wire import encode

POOLS = 100
HOLDERS = 10_000
RUNS = 200


async def measure(stage: Stage) -> None:
    """Measure both with a hundred pools and ten thousand slot holders."""
    pools, holders = stage.shape(POOLS), stage.shape(HOLDERS)
    names: list[str] = []
    for scene in stage.scenes:
        made = [await scene.pool(f"listed-{number}", limit=1_000) for number in range(pools)]
        await scene.running_runs(_queues(made), holders)
        names = [pool.name for pool in made]
    race = await stage.race(lambda scene: _list(stage, scene))
    title = f"list of {pools} pools, {holders:,} slot holders"
    stage.latency(race, title)
    stage.cpu(race, title, "pools-cpu")
    race = await stage.race(lambda scene: _look_at_slots(stage, scene, names))
    title = f"concurrency_status of one of {pools} pools, {holders:,} slot holders"
    stage.latency(race, title)
    stage.cpu(race, title, "concurrency-status-cpu")
    race = await stage.race(lambda scene: _list_runs(stage, scene))
    title = f"list of {RUNS} runs, {holders:,} slot holders"
    stage.latency(race, title)
    stage.cpu(race, title)
    race = await stage.race(lambda scene: _read_run(stage, scene))
    stage.latency(race, "a run by its id")
    stage.cpu(race, "a run by its id")


def _queues(pools: list[Pool]) -> list[Queue]:
    return [queue for pool in pools for queue in pool.queues]


async def _list(stage: Stage, scene: Scene) -> Sample:
    request = encode("POST", "/work_pools/filter", {"limit": POOLS})
    return await drive(scene.server, [sending(lambda: request)], seconds=stage.seconds)


async def _look_at_slots(stage: Stage, scene: Scene, names: list[str]) -> Sample:
    requests = [encode("POST", f"/work_pools/{name}/concurrency_status", {}) for name in names]
    turns = iter(range(10**9))
    step = sending(lambda: requests[next(turns) % len(requests)])
    return await drive(scene.server, [step], seconds=stage.seconds)


async def _list_runs(stage: Stage, scene: Scene) -> Sample:
    chosen = {"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}, "limit": RUNS}
    request = encode("POST", "/flow_runs/filter", chosen)
    return await drive(scene.server, [sending(lambda: request)], seconds=stage.seconds)


async def _read_run(stage: Stage, scene: Scene) -> Sample:
    request = encode("GET", f"/flow_runs/{scene.run_id}")
    return await drive(scene.server, [sending(lambda: request)], seconds=stage.seconds)
