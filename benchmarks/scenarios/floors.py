"""Penstock's claim protocol beside the barest claims on the same PostgreSQL."""

import asyncio
from pathlib import Path
from statistics import median

from benchmarks import peer
from benchmarks.databases import libpq_url, new_database
from benchmarks.floors import bare_claim
from benchmarks.scenarios.cycles import claim_rates
from benchmarks.stage import Stage

BATCHES = (1, 10, 100)
CONNECTIONS = 16
JOBS = 10_000
OTHERS = {"procrastinate": "procrastinate_jobs.py", "pgqueuer": "pgqueuer_jobs.py"}
PROGRAMS = Path(bare_claim.__file__).parent


async def measure(stage: Stage) -> None:
    """Measure the floor, our claims, and the workers of two job queues, in turn."""
    if stage.kind != "postgresql":
        stage.note("The floors are measured on PostgreSQL only.")
        return
    claims, cycles = await claim_rates(stage, CONNECTIONS)
    for batch in BATCHES:
        floor = await _bare(stage, batch)
        stage.record(
            f"runs claimed over HTTP, 10 a request, {CONNECTIONS} connections: per second", "/s",
            claims, floor, key="floor-bare-claim" if batch == 10 else "", reference=f"bare claim of {batch}",
        )  # fmt: skip
    if not stage.has_peer:
        stage.note("procrastinate and pgqueuer are left out: they are installed beside the peer.")
        return
    for name, program in OTHERS.items():
        theirs = await _jobs_per_second(stage, name, program)
        stage.record(
            f"no-op runs claimed and reported, {CONNECTIONS} workers: per second", "/s", cycles, theirs,
            key=f"floor-{name}", reference=f"{name} {peer.version(name)}",
        )  # fmt: skip


async def _bare(stage: Stage, batch: int) -> float:
    rates = []
    for _ in range(stage.repetitions):
        async with new_database("postgresql", "floor", stage.folder) as database:
            rates.append(
                await bare_claim.measure(
                    database, batch=batch, connections=CONNECTIONS, seconds=stage.seconds
                )
            )
    return median(rates)


async def _jobs_per_second(stage: Stage, name: str, program: str) -> float:
    rates = []
    for _ in range(stage.repetitions):
        async with new_database("postgresql", name, stage.folder) as database:
            process = await asyncio.create_subprocess_exec(
                peer.PYTHON, PROGRAMS / program, libpq_url(database.url),
                str(max(1_000, stage.scaled(JOBS))), str(CONNECTIONS),
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            output, _ = await process.communicate()
            rates.append(float(output.split()[-1]))
    return median(rates)
