"""How a poll of Penstock grows with the backlog and with the number of queues."""

from statistics import median

from benchmarks.load import drive
from benchmarks.scenarios.polls import Shape, lay_out, polling
from benchmarks.stage import Stage

SMALL = 1_000
LARGE = 1_000_000
FEW = 10
MANY = 1_000


async def measure(stage: Stage) -> None:
    """Measure Penstock against itself; the peer's cost for such backlogs is known to be without bound."""
    small = await _poll(stage, Shape("small", FEW, SMALL))
    many = await _poll(stage, Shape("many", MANY, SMALL, busy_queues=FEW))
    stage.record(
        f"poll of 10 with {MANY:,} queues, {FEW} of them with work: median latency", "ms", many, small,
        key="growth-queues", reference=f"with {FEW} queues",
    )  # fmt: skip
    runs = max(SMALL, stage.scaled(LARGE))
    large = await _poll(stage, Shape("large", FEW, runs))
    stage.record(
        f"poll of 10 with {runs:,} runs in {FEW} queues: median latency", "ms", large, small,
        key="growth-backlog", reference=f"with {SMALL:,} runs",
    )  # fmt: skip
    if stage.has_peer:
        stage.note("Growth is measured on Penstock only: the peer's polls are compared up to 100,000 runs.")


async def _poll(stage: Stage, shape: Shape) -> float:
    scene = stage.ours
    pool = await lay_out(scene, shape)
    steps = [polling(pool, shape.limit)]
    await drive(scene.server, steps, seconds=stage.seconds / 5)
    repeated = [
        await drive(scene.server, steps, seconds=stage.seconds) for _ in range(max(3, stage.repetitions))
    ]
    return median(one.milliseconds for one in repeated)
