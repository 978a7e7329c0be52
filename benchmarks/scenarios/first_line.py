"""From the creation of a run to the first line of its job, with the real worker of each side."""

import asyncio
import random
import time
from collections.abc import Iterable
from datetime import datetime
from statistics import median

from benchmarks.scenes import Scene
from benchmarks.stage import Stage
from benchmarks.turns import alone
from benchmarks.workers import RealWorker, working

FULL_RUNS = 20
FEWEST_RUNS = 3
MOST_SECONDS = 120
PAUSE_SECONDS = 3.0
_LOOK_SECONDS = 0.02


async def measure(stage: Stage) -> None:
    """Measure both, and how long a worker needs to notice that there is a run."""
    found = {}
    servers = [scene.server for scene in stage.scenes]
    for scene in stage.scenes:
        async with alone(scene.server, servers):
            found[scene.server.name] = await _measure(stage, scene)
    lines, notices = found["Penstock"]
    theirs = found.get("Prefect")
    stage.record(
        "creation to first line of a no-op run, one worker: median", "ms", median(lines),
        median(theirs[0]) if theirs else None, key="first-line",
    )  # fmt: skip
    stage.record(
        "creation until the worker has the run (PENDING): median", "ms", median(notices),
        median(theirs[1]) if theirs else None, key="wake-up",
    )  # fmt: skip


async def _measure(stage: Stage, scene: Scene) -> tuple[list[float], list[float]]:
    lines, notices = [], []
    runs = max(FEWEST_RUNS, int(FULL_RUNS * min(1.0, stage.size)))
    async with working(scene.server, stage.folder / f"worker-{scene.server.name.lower()}") as worker:
        for _ in range(runs):
            # Not in step with the polls of the worker.
            await asyncio.sleep(random.uniform(0.2, PAUSE_SECONDS))
            line, notice = await _time_one_run(worker)
            lines.append(line * 1000)
            notices.append(notice * 1000)
    return lines, notices


async def _time_one_run(worker: RealWorker) -> tuple[float, float]:
    before = len(_lines(worker))
    created = time.time()
    path = f"/deployments/{worker.deployment_id}/create_flow_run"
    run = await worker.server.call("POST", path, {"state": {"type": "SCHEDULED"}})
    while len(_lines(worker)) == before:
        if time.time() - created > MOST_SECONDS:
            raise TimeoutError(f"{worker.server.name}'s worker has not run a job in {MOST_SECONDS} s.")
        await asyncio.sleep(_LOOK_SECONDS)
    states = await worker.server.call("GET", f"/flow_run_states/?flow_run_id={run['id']}")
    return float(_lines(worker)[-1]) - created, _first_pending(states) - created


def _lines(worker: RealWorker) -> list[str]:
    return [line for line in worker.lines.read_text().splitlines(keepends=True) if line.endswith("\n")]


def _first_pending(states: Iterable[dict[str, str]]) -> float:
    return min(
        datetime.fromisoformat(state["timestamp"]).timestamp()
        for state in states
        if state["type"] == "PENDING"
    )
