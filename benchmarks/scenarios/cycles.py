"""Full cycles of no-op runs: over the routes that both servers have, and by Penstock's claim protocol."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any
from uuid import uuid4

from benchmarks.load import Sample, Step, drive
from benchmarks.scenarios.polls import looking, poll_request
from benchmarks.scenes import Pool, Scene
from benchmarks.stage import Race, Stage
from benchmarks.turns import Contestant, interleave
from benchmarks.wire import Connection, encode

MOST_WORKERS = 16
WORKERS = (1, 4, MOST_WORKERS)
BACKLOG = 1_000
CLAIMED = 10_000
"""The backlog of workers that claim: with less all is over while the first requests still weigh."""

QUEUES = 10
BATCH = 10
LONGER = 4
"""Workers need some time until they collide: a repetition lasts so many times that of other scenarios."""

WIDE_LIMIT = 100_000
"""A limit that is looked at by every transition and stops none."""

MOST_EMPTY_HANDED = 50
"""Runs in a row that had gone to others, after which a worker takes it that all is done."""


@dataclass
class Tally:
    """Which runs were given to a worker, and how many were brought to their end."""

    accepted: Counter[str] = field(default_factory=Counter)

    @property
    def doubled(self) -> int:
        """Runs that more than one worker was allowed to start, or one worker twice."""
        return sum(times > 1 for times in self.accepted.values())


@dataclass
class Ground:
    """One server's pool, and what was counted there."""

    scene: Scene
    pool: Pool
    backlog: int = BACKLOG
    tally: Tally = field(default_factory=Tally)

    async def refill(self, _: Scene) -> None:
        """Begin anew with a full backlog; what was given out before is counted no more."""
        await self.scene.clear()
        await self.scene.due_runs(self.pool.queues, self.backlog)


Work = Callable[[Ground, int], Step]
"""Makes the step of one worker, given its number."""

Entry = tuple[Ground, Work, int]
"""Where so many workers do what."""


async def measure(stage: Stage) -> None:
    """Measure workers that collide and workers that claim, with limits and without."""
    limited = await _grounds(stage, "limited", WIDE_LIMIT)
    free = await _grounds(stage, "free", None)
    for workers in WORKERS:
        title = f"poll, PENDING, RUNNING, COMPLETED with limits, {_people(workers)}"
        race = await _race(stage, _doing(compatible, workers, limited))
        stage.rate(race, title, f"cycles-by-{workers}")
        stage.cpu(race, title)
        _tell_doubled(stage, limited, title)
    without = await _race(stage, _doing(compatible, MOST_WORKERS, free))
    stage.rate(without, f"the same without limits, {_people(MOST_WORKERS)}")
    await _measure_limits(stage, "compatible routes", compatible, _ours(limited), _ours(free))
    await _measure_claims(stage, limited)
    claims = (_of_claims(stage, grounds) for grounds in (limited, free))
    await _measure_limits(stage, "claim protocol", claiming, *claims)


async def _measure_claims(stage: Stage, grounds: list[Ground]) -> None:
    """Measure workers that claim beside the peer at its best: with one worker, who collides with none."""
    ours = _of_claims(stage, grounds)
    peers = [ground for ground in grounds if not ground.scene.server.is_ours]
    for workers in WORKERS:
        title = f"claim, RUNNING, COMPLETED with limits, {_people(workers)}: per second"
        race = await _race(stage, [*_doing(claiming, workers, ours), *_doing(compatible, 1, peers)])
        peer = median(one.per_second for one in race.theirs) if race.theirs else None
        rate = median(one.per_second for one in race.ours)
        reference = f"{peers[0].scene.server.name}, 1 worker" if peers else ""
        stage.record(title, "/s", rate, peer, key=f"claims-by-{workers}", reference=reference)
        _tell_doubled(stage, ours, title)


async def _measure_limits(
    stage: Stage, what: str, work: Work, limited: list[Ground], free: list[Ground]
) -> None:
    """Measure Penstock with limits and without, in turn."""
    contestants = _contestants(stage, _doing(work, MOST_WORKERS, [*limited, *free]))
    await interleave(contestants, stage.repetitions)
    on, off = (median(sample.per_second for sample in one.samples) for one in contestants)
    title = f"limits on against limits off, {what}, {_people(MOST_WORKERS)}: per second"
    stage.record(title, "/s", on, off, key="limits-cost", reference="without limits")


async def claim_rates(stage: Stage, workers: int) -> tuple[float, float]:
    """Return how many runs a second Penstock hands out by claims, and how many go to their end."""
    ours = _of_claims(stage, await _grounds(stage, "floor", None))
    claims = await _race(stage, _doing(only_claiming, workers, ours))
    cycles = await _race(stage, _doing(claiming, workers, ours))
    return median(one.per_second for one in claims.ours), median(one.per_second for one in cycles.ours)


async def _grounds(stage: Stage, name: str, limit: int | None) -> list[Ground]:
    return [
        Ground(scene, await scene.pool(f"cycles-{name}", QUEUES, limit=limit, queue_limit=limit))
        for scene in stage.scenes
    ]


def _ours(grounds: list[Ground]) -> list[Ground]:
    return [ground for ground in grounds if ground.scene.server.is_ours]


def _of_claims(stage: Stage, grounds: list[Ground]) -> list[Ground]:
    """Return Penstock's grounds, with the backlog of workers that claim."""
    return [replace(ground, backlog=stage.shape(CLAIMED)) for ground in _ours(grounds)]


def _doing(work: Work, workers: int, grounds: list[Ground]) -> list[Entry]:
    return [(ground, work, workers) for ground in grounds]


async def _race(stage: Stage, entries: list[Entry]) -> Race:
    contestants = _contestants(stage, entries)
    await interleave(contestants, stage.repetitions)
    samples = {one.name: one.samples for one in contestants}
    return Race(samples["Penstock"], samples.get("Prefect", []))


def _contestants(stage: Stage, entries: list[Entry]) -> list[Contestant]:
    for ground, _, _ in entries:
        ground.tally = Tally()
    return [
        stage.contestant(ground.scene, _measuring(stage, ground, work, workers), ground.refill)
        for ground, work, workers in entries
    ]


def _measuring(
    stage: Stage, ground: Ground, work: Work, workers: int
) -> Callable[[Scene], Awaitable[Sample]]:
    async def measure(scene: Scene) -> Sample:
        steps = [work(ground, number) for number in range(workers)]
        return await drive(
            scene.server, steps, seconds=stage.seconds * LONGER, warm_up=looking(ground.pool.name)
        )

    return measure


def compatible(ground: Ground, number: int) -> Step:
    """Return the step of a worker that polls when it has no run left, and carries one run to its end."""
    headers = {"x-prefect-worker-name": f"worker-{number}"}
    waiting: list[str] = []
    empty_handed = 0

    async def step(connection: Connection) -> int | None:
        nonlocal empty_handed
        if not waiting:
            answer = await connection.ask(poll_request(ground.pool.name, BATCH, headers), may_fail=True)
            if answer.status >= 500:
                return 0
            waiting.extend(one["flow_run"]["id"] for one in reversed(answer.json()))
        if not waiting or empty_handed > MOST_EMPTY_HANDED:
            return None
        done = await _carry(connection, ground.tally, waiting.pop(), headers)
        empty_handed = 0 if done else empty_handed + 1
        return done

    return step


async def _carry(connection: Connection, tally: Tally, run_id: str, headers: dict[str, str]) -> int:
    if await propose(connection, run_id, "PENDING", headers) != "ACCEPT":
        return 0
    tally.accepted[run_id] += 1
    running = await propose(connection, run_id, "RUNNING", headers)
    completed = await propose(connection, run_id, "COMPLETED", headers)
    return 1 if running == completed == "ACCEPT" else 0


async def propose(
    connection: Connection, run_id: str, state: str, headers: dict[str, str], **more: Any
) -> str:
    """Propose a state and return the server's verdict; one that fails has none."""
    body = {"state": {"type": state, "name": state.capitalize()}, **more}
    request = encode("POST", f"/flow_runs/{run_id}/set_state", body, headers)
    answer = await connection.ask(request, may_fail=True)
    return str(answer.json()["status"]) if answer.status < 500 else "FAILED"


def claiming(ground: Ground, number: int) -> Step:
    """Return the step of a worker that claims runs and reports their states, those of a claim together."""
    worker = f"worker-{number}"
    request = claim_request(ground.pool.name, worker)
    headers = {"x-prefect-worker-name": worker}

    async def step(connection: Connection) -> int | None:
        claimed = (await connection.ask(request)).json()
        for one in claimed:
            run_id = one["flow_run"]["id"]
            ground.tally.accepted[run_id] += 1
        await report(connection, claimed, headers)
        return len(claimed) or None

    return step


async def report(connection: Connection, claimed: list[Any], headers: dict[str, str]) -> None:
    """Say of the runs that they run, in one request, and in another that they are done.

    The second follows when the first is accepted. Each proposal has an id by which it is known when it
    comes again, as those of a worker have.
    """
    for state in ("RUNNING", "COMPLETED") if claimed else ():
        proposals = [
            {
                "flow_run_id": one["flow_run"]["id"],
                "attempt": one["attempt"],
                "state": {"type": state, "state_details": {"transition_id": str(uuid4())}},
            }
            for one in claimed
        ]
        request = encode("POST", "/flow_runs/report", {"reports": proposals}, headers)
        results = (await connection.ask(request)).json()["results"]
        verdicts = [one["result"]["status"] if one["result"] else one["reason"] for one in results]
        assert verdicts == ["ACCEPT"] * len(claimed), f"{state} was answered with {verdicts}"


def only_claiming(ground: Ground, number: int) -> Step:
    """Return the step of a worker that claims runs and says nothing more of them."""
    request = claim_request(ground.pool.name, f"worker-{number}")

    async def step(connection: Connection) -> int | None:
        return len((await connection.ask(request)).json()) or None

    return step


def claim_request(pool: str, worker: str) -> bytes:
    """Return the request for a batch of runs."""
    return encode("POST", f"/work_pools/{pool}/claim", {"worker_name": worker, "limit": BATCH})


def _tell_doubled(stage: Stage, grounds: list[Ground], title: str) -> None:
    counts = {ground.scene.server.name: ground.tally.doubled for ground in grounds}
    theirs = counts.get("Prefect")
    stage.record(
        f"{title}: runs accepted twice", "", counts["Penstock"],
        theirs, key="doubled",
    )  # fmt: skip


def _people(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"
