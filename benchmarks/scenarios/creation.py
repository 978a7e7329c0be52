"""New runs of a deployment, one by one and a thousand at once."""

from statistics import median

from benchmarks.load import Sample, drive, sending
from benchmarks.scenes import Scene
from benchmarks.stage import Stage
from benchmarks.turns import interleave
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
    race = await stage.race(lambda scene: _create_in_bulk(stage, scene), repetitions=stage.few)
    stage.rate(race, f"runs created in bulk, {MOST_AT_ONCE} a request", "bulk-create")
    await _measure_own_route(stage, [one.per_second for one in race.theirs])


async def _create(stage: Stage, scene: Scene, at_once: int) -> Sample:
    request = encode(
        "POST",
        f"/deployments/{scene.deployment_id}/create_flow_run",
        {"state": {"type": "SCHEDULED"}, "parameters": {"station": "Oakford", "number": 7}},
    )
    step = sending(lambda: request)
    return await drive(scene.server, [step] * at_once, seconds=stage.seconds, warm_up=step)


async def _create_in_bulk(stage: Stage, scene: Scene) -> Sample:
    path = f"/deployments/{scene.deployment_id}/create_flow_run/bulk"
    request = encode("POST", path, [_wanted(number) for number in range(MOST_AT_ONCE)])

    async def step(connection: Connection) -> int:
        results = (await connection.ask(request)).json()["results"]
        return sum(one["status"] == "CREATED" for one in results)

    return await drive(scene.server, [step], seconds=stage.seconds)


async def _measure_own_route(stage: Stage, theirs: list[float]) -> None:
    """Measure the route by which Penstock makes runs of all deployments at once, where it has one."""
    scene = stage.ours
    wanted = [{"deployment_id": str(scene.deployment_id), **_wanted(number)} for number in range(BULK)]
    request = encode("POST", OWN_BULK_ROUTE, {"flow_runs": wanted})
    async with connected(scene.server.port) as (connection,):
        if (await connection.send(request)).status in NOT_THERE:
            stage.note(f"POST {OWN_BULK_ROUTE} is left out: this server has no such route.")
            return

    async def step(connection: Connection) -> int:
        await connection.ask(request)
        return BULK

    contestant = stage.contestant(scene, lambda _: drive(scene.server, [step], seconds=stage.seconds))
    await interleave([contestant], stage.repetitions)
    stage.record(
        f"runs created by POST {OWN_BULK_ROUTE}, {BULK:,} a request: per second", "/s",
        median(one.per_second for one in contestant.samples), median(theirs) if theirs else None,
        key="bulk-create",
    )  # fmt: skip


def _wanted(number: int) -> dict[str, object]:
    return {"state": {"type": "SCHEDULED"}, "parameters": {"number": number}}
