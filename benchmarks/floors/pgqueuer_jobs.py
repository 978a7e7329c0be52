"""``python pgqueuer_jobs.py URL JOBS CONCURRENCY``: print how many no-op jobs its worker does a second.

A program of its own: it runs in the peer's environment and imports nothing of the benchmark.
"""

import asyncio
import sys
import time

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

BATCH = 8
"""A worker that does 16 jobs at once takes at most half as many in one go."""


async def main(url: str, jobs: int, concurrency: int) -> None:
    """Fill the queue, then let one worker empty it."""
    async with asyncpg.create_pool(url, min_size=2, max_size=concurrency) as pool:
        driver = AsyncpgPoolDriver(pool)
        queries = Queries(driver)
        await queries.install()
        worker = PgQueuer(driver)

        @worker.entrypoint("nothing")  # type: ignore[untyped-decorator]
        async def nothing(job: Job) -> None:
            assert job.id

        await queries.enqueue(["nothing"] * jobs, [None] * jobs, [0] * jobs)
        start = time.perf_counter()
        await worker.qm.run(batch_size=BATCH, max_concurrent_tasks=concurrency, mode=QueueExecutionMode.drain)
        print(jobs / (time.perf_counter() - start))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
