"""Polls of pools with few and many queues and runs, and of an idle pool beside a busy one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.load import Sample, Step, drive, sending
from benchmarks.scenes import Scene
from benchmarks.stage import Race, Stage
from benchmarks.wire import Answer, connected, encode
from penstock.core.clock import utc_now

PREFETCH = timedelta(seconds=10)
LARGE = 40_000
"""With so many runs the peer takes long for one poll, and the short form is content with one repetition."""


@dataclass(frozen=True)
class Shape:
    name: str
    queues: int
    runs: int
    limit: int = 10
    queue_limit: int | None = None
    elsewhere: bool = False
    """The runs are due in another pool."""

    busy_queues: int | None = None
    pollers: tuple[int, ...] = (1, 16)
    keys: tuple[str, ...] = ("", "")

    @property
    def title(self) -> str:
        if self.elsewhere:
            limited = " limited" if self.queue_limit else ""
            return f"poll of an idle pool, {self.queues}{limited} queues, {self.runs:,} runs due elsewhere"
        spread = f", {self.busy_queues} with work" if self.busy_queues else ""
        return f"poll of {self.limit}, {self.runs:,} runs in {self.queues:,} queues{spread}"


NAMED = (
    Shape("ten", 10, 10_000, keys=("poll-10", "poll-10-by-16")),
    Shape("hundred", 100, 100_000, limit=200, pollers=(16,), keys=("poll-200-by-16",)),
    Shape("idle", 500, 40_000, queue_limit=5, elsewhere=True, pollers=(1,), keys=("poll-idle",)),
)
GRID = (
    Shape("one", 1, 10_000),
    Shape("wide", 100, 10_000),
    Shape("thousand", 1_000, 10_000),
    Shape("few-runs", 10, 100),
    Shape("many-runs", 10, 100_000),
    Shape("few-elsewhere", 10, 100, elsewhere=True),
    Shape("some-elsewhere", 10, 10_000, elsewhere=True),
    Shape("many-elsewhere", 10, 100_000, elsewhere=True),
)

Scenario = Callable[[Stage], Awaitable[None]]


async def measure_named(stage: Stage) -> None:
    """Measure the polls that the targets name."""
    for shape in NAMED:
        await _measure(stage, shape)


async def measure_grid(stage: Stage) -> None:
    """Measure how polls depend on queues and backlog, in the pool and elsewhere."""
    for shape in GRID:
        await _measure(stage, shape)


async def lay_out(scene: Scene, shape: Shape) -> str:
    """Make the pool and the runs of a shape and return the pool's name."""
    await scene.clear()
    pool = await scene.pool(f"poll-{shape.name}", shape.queues, queue_limit=shape.queue_limit)
    busy = await scene.pool(f"busy-{shape.name}", 10) if shape.elsewhere else pool
    await scene.due_runs(busy.queues[: shape.busy_queues], shape.runs)
    return pool.name


def polling(pool: str, limit: int) -> Step:
    """Return the step that asks for due runs as a worker does."""
    return sending(lambda: poll_request(pool, limit))


def looking(pool: str) -> Step:
    """Return a step that costs little and lets a server open its connections to the database."""
    return sending(lambda: encode("GET", f"/work_pools/{pool}"))


def poll_request(pool: str, limit: int, headers: dict[str, str] | None = None) -> bytes:
    """Return a poll for what is due now or soon."""
    body = {
        "work_queue_names": [],
        "scheduled_before": (utc_now() + PREFETCH).isoformat(),
        "limit": limit,
    }
    return encode("POST", f"/work_pools/{pool}/get_scheduled_flow_runs", body, headers)


async def look(scene: Scene, pool: str, limit: int) -> Answer:
    """Poll once."""
    async with connected(scene.server.port) as (connection,):
        return await connection.send(poll_request(pool, limit))


async def _check(scene: Scene, pool: str, shape: Shape) -> None:
    answer = await look(scene, pool, shape.limit)
    if answer.status < 500:
        expected = 0 if shape.elsewhere else min(shape.limit, shape.runs)
        found = len(answer.json())
        assert found == expected, f"{scene.server.name} answered with {found} runs instead of {expected}"


async def _measure(stage: Stage, shape: Shape) -> None:
    shape = Shape(**{**vars(shape), "runs": stage.shape(shape.runs)})
    pool = ""
    for scene in stage.scenes:
        pool = await lay_out(scene, shape)
        await _check(scene, pool, shape)
    for pollers, key in zip(shape.pollers, shape.keys, strict=True):
        steps = [polling(pool, shape.limit)] * pollers
        repetitions = stage.few if shape.runs >= LARGE else stage.repetitions
        race = await stage.race(_driving(stage, pool, steps), repetitions=repetitions)
        _tell_failures(stage, f"{shape.title}, {pollers} at once", race)
        if pollers == 1:
            stage.latency(race, shape.title, key)
            stage.cpu(race, shape.title)
        else:
            stage.rate(race, f"{shape.title}, {pollers} pollers", key)


def _driving(stage: Stage, pool: str, steps: list[Step]) -> Callable[[Scene], Awaitable[Sample]]:
    async def measure(scene: Scene) -> Sample:
        return await drive(scene.server, steps, seconds=stage.seconds, warm_up=looking(pool))

    return measure


def _tell_failures(stage: Stage, title: str, race: Race) -> None:
    for name, samples in (("Penstock", race.ours), ("Prefect", race.theirs)):
        if failed := sum(one.failures for one in samples):
            asked = sum(len(one.latencies) for one in samples)
            stage.note(f"{name} answered {failed} of {asked} requests with an error: {title}.")
