"""Running a worker as a process of its own."""

from collections.abc import Callable, Sequence

from penstock.client import PenstockClient, RetryPolicy
from penstock.settings import WorkerSettings
from penstock.worker.console import console
from penstock.worker.signals import stop_signals
from penstock.worker.worker import Worker

_RETRIES = RetryPolicy(attempts=2)
"""Few: the worker itself goes on for as long as it takes, and says so."""


async def run_worker(
    *,
    api_url: str,
    pool: str,
    queues: Sequence[str] = (),
    limit: int | None = None,
    name: str | None = None,
    settings: WorkerSettings | None = None,
    create_pool: bool = False,
    on_ready: Callable[[], None] | None = None,
    timeout_seconds: float = 30.0,
) -> int:
    """Run a worker until SIGTERM or SIGINT (once: drain, twice: stop at once); return the exit code.

    Without a server it waits for one. See ``Worker`` for the arguments and ``Worker.run`` for the exit codes.
    Lines for a person go to standard error.
    """
    client = PenstockClient(api_url, timeout_seconds=timeout_seconds, retries=_RETRIES)
    worker = Worker(
        client,
        pool=pool,
        queues=queues,
        limit=limit,
        name=name,
        settings=settings,
        create_pool=create_pool,
        on_ready=on_ready,
    )
    async with client:
        with console(), stop_signals(worker.request_stop):
            return await worker.run()
