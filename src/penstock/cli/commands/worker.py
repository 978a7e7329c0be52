"""``penstock worker``: the worker process, and the workers of a pool."""

import json
import os
from typing import Annotated

from cyclopts import App, Parameter

from penstock.cli.context import Options, connect, inside_pool, read_settings, shown
from penstock.cli.errors import usage
from penstock.cli.flags import PoolName, Switch
from penstock.cli.paging import PAGE, all_pages
from penstock.cli.render import duration, print_json, print_table, state
from penstock.settings import WorkerSettings
from penstock.worker import default_worker_name, run_worker

app = App(name="worker", help="Start a worker, or list the workers of a pool.")


@app.command
async def start(
    *,
    pool: PoolName,
    queue: Annotated[list[str] | None, Parameter(name=["--queue", "-q"], negative="")] = None,
    limit: int | None = None,
    name: str | None = None,
    create_pool: Switch = False,
    options: Options = Options(),
) -> int:
    """Start a worker that runs each job as a process of this machine.

    Ctrl-C lets running jobs finish and takes no new ones; a second Ctrl-C ends them. Without a
    server it waits for one.

    Parameters
    ----------
    queue
        Serve only this queue; may be given more than once. Without it: all queues of the pool.
    limit
        Most runs this worker takes at once; 100 when left out.
    name
        Name of the worker; else one is made from the machine's name.
    create_pool
        Create the pool when it is not there.
    """
    if limit is not None and limit < 1:
        raise usage("--limit has to be at least 1.")
    name = name or default_worker_name()
    queues = queue or []
    facts = {"name": name, "work_pool_name": pool, "work_queue_names": queues, "pid": os.getpid()}

    def tell() -> None:
        if options.json:
            print(json.dumps(facts), flush=True)

    return await run_worker(
        api_url=options.server_address(),
        pool=pool,
        queues=queues,
        limit=limit,
        name=name,
        settings=read_settings(WorkerSettings),
        create_pool=create_pool,
        on_ready=tell,
    )


@app.command
async def ls(*, pool: PoolName, options: Options = Options()) -> None:
    """List the workers of a pool, the one heard from last first."""
    async with connect(options) as client, inside_pool(client, pool):
        workers = await all_pages(lambda offset: client.read_workers(pool, limit=PAGE, offset=offset))
    if options.json:
        print_json(workers)
        return
    rows = [
        (
            worker.name,
            state(worker.status),
            worker.last_heartbeat_time,
            duration(worker.heartbeat_interval_seconds) if worker.heartbeat_interval_seconds else None,
        )
        for worker in workers
    ]
    print_table(
        ("WORKER", "STATUS", "LAST HEARTBEAT", "INTERVAL"),
        rows,
        empty=f"No worker is known here. Start one with: penstock worker start --pool {shown(pool)}",
    )
