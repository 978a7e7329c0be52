"""New runs of a deployment, one by one and a thousand at once."""

import time
from statistics import median

from benchmarks.load import Sample, drive, sending
from benchmarks.scenes import Scene
from benchmarks.stage import Stage
from benchmarks.turns import Contestant, interleave
from benchmarks.wire import Connection, connected, encode

BULK = 1_000
MOST_AT_ONCE = 100
"""How many runs the bulk route of a deployment takes, on both servers."""

OWN_BULK_ROUTE = "/flow_runs/bulk_create"
NOT_THERE = {404, 405}


async def measure(stage: Stage) -> None:
    """Measure requests one after the other, then a thousand runs by the quickest way there is."""
    race = await stage.race(lambda scene: _create(stage, scene, 1))
    stage.latency(race, "create_flow_run")
    stage.cpu(race, "create_flow_run", "create-cpu")
    race = await stage.race(lambda scene: _create(stage, scene, 16))
    stage.rate(race, "create_flow_run, 16 at once")
    runs = stage.shape(BULK)
    race = await stage.race(lambda scene: _create_in_bulk(scene, runs))
    stage.latency(race, f"creation of {runs:,} runs in requests of {MOST_AT_ONCE}", "bulk-create")
    await _measure_own_route(stage, runs, [one.milliseconds for one in race.theirs])


async def _create(stage: Stage, scene: Scene, at_once: int) -> Sample:
    request = encode(
        "POST",
        f"/deployments/{scene.deployment_id}/create_flow_run",
        {"state": {"type": "SCHEDULED"}, "parameters": {"station": "Oakford", "number": 7}},
    )
    return await drive(scene.server, [sending(lambda: request)] * at_once, seconds=stage.seconds)


async def _create_in_bulk(scene: Scene, runs: int) -> Sample:
    path = f"/deployments/{scene.deployment_id}/create_flow_run/bulk"

    async def step(connection: Connection) -> int:
        for first in range(0, runs, MOST_AT_ONCE):
            wanted = [_wanted(number) for number in range(first, min(first + MOST_AT_ONCE, runs))]
            answer = await connection.ask(encode("POST", path, wanted))
            assert all(one["status"] == "CREATED" for one in answer.json()["results"])
        return runs

    return await drive(scene.server, [step], seconds=0)


async def _measure_own_route(stage: Stage, runs: int, theirs: list[float]) -> None:
    """Measure the route by which Penstock makes runs of all deployments at once, where it has one."""
    scene = stage.ours
    wanted = [{"deployment_id": str(scene.deployment_id), **_wanted(number)} for number in range(runs)]
    request = encode("POST", OWN_BULK_ROUTE, {"flow_runs": wanted})
    async with connected(scene.server.port) as (connection,):
        if (await connection.send(request)).status in NOT_THERE:
            stage.note(f"POST {OWN_BULK_ROUTE} is left out: this server has no such route.")
            return
    contestant = Contestant(scene.server.name, scene.server, lambda: _time(scene, request, runs))
    await interleave([contestant], stage.repetitions)
    took = median(one.milliseconds for one in contestant.samples)
    stage.record(
        f"creation of {runs:,} runs by POST {OWN_BULK_ROUTE}: median latency", "ms", took,
        median(theirs) if theirs else None, key="bulk-create",
    )  # fmt: skip


async def _time(scene: Scene, request: bytes, runs: int) -> Sample:
    async def step(connection: Connection) -> int:
        await connection.ask(request)
        return runs

    return await drive(scene.server, [step], seconds=0)


def _wanted(number: int) -> dict[str, object]:
    return {"state": {"type": "SCHEDULED"}, "parameters": {"number": number, "at": time.time()}}
