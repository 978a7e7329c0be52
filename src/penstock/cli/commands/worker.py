"""``penstock worker``: the worker process, and the workers of a pool."""

import json
import os
from typing import Annotated

from cyclopts import App, Parameter

from penstock.cli.connection import connect, inside_pool, inside_worker
from penstock.cli.context import Options, read_settings, shown
from penstock.cli.deleting import counted
from penstock.cli.errors import usage
from penstock.cli.flags import PoolName, Switch
from penstock.cli.holding import until_free
from penstock.cli.paging import PAGE, all_pages
from penstock.cli.render import duration, print_json, print_table, state
from penstock.client import PenstockClient
from penstock.schemas.responses import DrainStatus, HeldRuns
from penstock.settings import WorkerSettings
from penstock.worker import default_worker_name, run_worker

app = App(name="worker", help="Start, list and drain workers.")


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
            worker.draining_since,
            worker.held_runs,
            worker.last_heartbeat_time,
            duration(worker.heartbeat_interval_seconds) if worker.heartbeat_interval_seconds else None,
        )
        for worker in workers
    ]
    print_table(
        ("WORKER", "STATUS", "DRAINING SINCE", "HOLDS", "LAST HEARTBEAT", "INTERVAL"),
        rows,
        empty=f"No worker is known here. Start one with: penstock worker start --pool {shown(pool)}",
    )


@app.command
async def drain(name: str, /, *, pool: PoolName, wait: Switch = False, options: Options = Options()) -> None:
    """Give a worker no more runs; what it has goes on.

    Parameters
    ----------
    name
        Name of the worker.
    wait
        Return only when it has nothing left.
    """
    async with connect(options) as client, inside_worker(client, pool, name):
        drained = await client.drain_worker(pool, name)
        if wait:
            await until_free(lambda: _held_by(client, pool, name), quiet=options.json)
            drained = await _read_drain(client, pool, name, drained)
    if options.json:
        print_json(drained)
    else:
        print(
            f"Worker '{name}' is given no more runs; it holds {counted(drained.held_runs, 'run') or 'none'}."
        )


@app.command
async def resume(name: str, /, *, pool: PoolName, options: Options = Options()) -> None:
    """Give a worker that drains runs again.

    Parameters
    ----------
    name
        Name of the worker.
    """
    async with connect(options) as client, inside_worker(client, pool, name):
        resumed = await client.resume_worker(pool, name)
    if options.json:
        print_json(resumed)
    else:
        print(f"Worker '{name}' is given runs again.")


async def _held_by(client: PenstockClient, pool: str, name: str) -> list[HeldRuns]:
    """Return what a worker holds; a worker that has signed off may still hold something."""
    return [one for one in (await client.read_maintenance(pool)).held_by if one.worker_name == name]


async def _read_drain(client: PenstockClient, pool: str, name: str, before: DrainStatus) -> DrainStatus:
    held = sum(one.count for one in await _held_by(client, pool, name))
    return before.model_copy(update={"held_runs": held})
