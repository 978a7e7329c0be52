"""More clients than a server can answer at once, of all kinds, none of which rests: who waits how long."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from benchmarks.load import Sample, Step, drive, sending
from benchmarks.scenarios.cycles import Ground, compatible
from benchmarks.scenarios.polls import looking
from benchmarks.scenes import Scene
from benchmarks.stage import Stage
from benchmarks.turns import interleave
from benchmarks.wire import Connection, encode

POOLS = 4
QUEUES = 5
SLOTS = 20
"""Fewer than the workers of a pool would fill: they contend for slots, too."""

RUNS = 2_000
WORKERS = 60
HEARTBEATS, CREATORS, READERS = 20, 10, 10
LONGER = 10
"""A repetition lasts so many times that of other scenarios: it takes some time until all stand in line."""


@dataclass
class Crowd:
    """The clients of one server, and how long each of their steps took, by kind."""

    scene: Scene
    grounds: list[Ground]
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: int = 0

    def steps(self) -> list[Step]:
        """Return what each client does over and over."""
        workers = [compatible(self.grounds[number % POOLS], number) for number in range(WORKERS)]
        beats = [_asking(_heartbeat(number)) for number in range(HEARTBEATS)]
        creators = [_asking(self._create())] * CREATORS
        readers = [_asking(_list_runs())] * READERS
        return [
            *(self._timed("a poll or a run", step) for step in workers),
            *(self._timed("a heartbeat", step) for step in beats),
            *(self._timed("create_flow_run", step) for step in creators),
            *(self._timed("a list of 100 runs", step) for step in readers),
        ]

    def _timed(self, kind: str, step: Step) -> Step:
        async def timed(connection: Connection) -> int:
            began, failures = perf_counter(), connection.failures
            done = await step(connection)
            self.seconds[kind].append(perf_counter() - began)
            self.failures += connection.failures - failures
            # a worker that finds nothing looks again
            return done or 0

        return timed

    @property
    def doubled(self) -> int:
        """Runs that were given to two workers, or to one of them twice."""
        return sum(ground.tally.doubled for ground in self.grounds)

    def _create(self) -> bytes:
        return encode("POST", f"/deployments/{self.scene.deployment_id}/create_flow_run", {})


def _asking(request: bytes) -> Step:
    return sending(lambda: request)


async def measure(stage: Stage) -> None:
    """Measure how long each kind of client waits, and how many requests fail."""
    crowds = [Crowd(scene, await _grounds(scene)) for scene in stage.scenes]
    contestants = [stage.contestant(crowd.scene, _measuring(stage, crowd)) for crowd in crowds]
    await interleave(contestants, stage.few)
    ours, theirs = crowds[0], crowds[1] if len(crowds) > 1 else None
    people = WORKERS + HEARTBEATS + CREATORS + READERS
    title = f"{people} clients that never rest"
    for kind in ours.seconds:
        _record(stage, f"{title}, {kind}: median", kind, ours, theirs, median)
        _record(stage, f"{title}, {kind}: slowest", kind, ours, theirs, max)
    _count(stage, f"{title}: failed requests", "crowd-failures", [crowd.failures for crowd in crowds])
    _count(stage, f"{title}: runs accepted twice", "doubled", [crowd.doubled for crowd in crowds])


async def _grounds(scene: Scene) -> list[Ground]:
    pools = [await scene.pool(f"crowd-{number}", QUEUES, limit=SLOTS) for number in range(POOLS)]
    for pool in pools:
        await scene.due_runs(pool.queues, RUNS)
    return [Ground(scene, pool) for pool in pools]


def _measuring(stage: Stage, crowd: Crowd) -> Callable[[Scene], Awaitable[Sample]]:
    async def measure(scene: Scene) -> Sample:
        warm_up = looking(crowd.grounds[0].pool.name)
        return await drive(scene.server, crowd.steps(), seconds=stage.seconds * LONGER, warm_up=warm_up)

    return measure


def _record(
    stage: Stage,
    what: str,
    kind: str,
    ours: Crowd,
    theirs: Crowd | None,
    pick: Callable[[list[float]], float],
) -> None:
    peer = pick(theirs.seconds[kind]) * 1000 if theirs and theirs.seconds[kind] else None
    stage.record(what, "ms", pick(ours.seconds[kind]) * 1000, peer)


def _count(stage: Stage, what: str, key: str, counts: Sequence[int]) -> None:
    stage.record(what, "", counts[0], counts[1] if len(counts) > 1 else None, key=key)


def _heartbeat(number: int) -> bytes:
    path = f"/work_pools/crowd-{number % POOLS}/workers/heartbeat"
    return encode("POST", path, {"name": f"worker-{number}"})


def _list_runs() -> bytes:
    return encode("POST", "/flow_runs/filter", {"limit": 100, "sort": "EXPECTED_START_TIME_DESC"})
