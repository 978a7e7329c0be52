"""``python procrastinate_jobs.py URL JOBS CONCURRENCY``: print how many no-op jobs its worker does a second.

A program of its own: it runs in the peer's environment and imports nothing of the benchmark.
"""

import asyncio
import sys
import time

from procrastinate import App, PsycopgConnector


async def main(url: str, jobs: int, concurrency: int) -> None:
    """Fill the queue, then let one worker empty it."""
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=concurrency + 2))

    @app.task(name="nothing")  # type: ignore[untyped-decorator]
    async def nothing() -> None:
        pass

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for _ in range(0, jobs, 1000):
            await nothing.batch_defer_async(*({} for _ in range(min(jobs, 1000))))
        start = time.perf_counter()
        await app.run_worker_async(concurrency=concurrency, wait=False, install_signal_handlers=False)
        print(jobs / (time.perf_counter() - start))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
