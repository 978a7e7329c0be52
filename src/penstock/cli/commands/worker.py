"""``penstock worker``: the worker process, and the workers of a pool."""

import json
import os
from contextlib import suppress
from typing import Annotated

from cyclopts import App, Parameter

from penstock.cli.context import Options, connect, inside_pool, read_settings, shown
from penstock.cli.errors import usage
from penstock.cli.paging import PAGE, all_pages
from penstock.cli.render import duration, print_json, print_table, state
from penstock.client import PenstockClient
from penstock.client.errors import Conflict, NotFound
from penstock.schemas.actions import WorkPoolCreate
from penstock.schemas.job_templates import default_base_job_template
from penstock.settings import WorkerSettings
from penstock.worker import default_worker_name, run_worker

app = App(name="worker", help="Start a worker, or list the workers of a pool.")

PoolName = Annotated[str, Parameter(name=["--pool", "-p"], help="The pool to serve.")]
POOL_TYPE = "process"


@app.command
async def start(
    *,
    pool: PoolName,
    queue: Annotated[list[str] | None, Parameter(name=["--queue", "-q"], negative="")] = None,
    limit: int | None = None,
    name: str | None = None,
    create_pool: Annotated[bool, Parameter(negative="")] = False,
    options: Options = Options(),
) -> int:
    """Start a worker that runs each job as a process of this machine.

    Ctrl-C lets running jobs finish and takes no new ones; a second Ctrl-C ends them.

    Parameters
    ----------
    queue
        Serve only this queue; may be given more than once. Without it: all queues of the pool.
    limit
        Most runs this worker takes at once.
    name
        Name of the worker; else one is made from the machine's name.
    create_pool
        Create the pool when it is not there.
    """
    if limit is not None and limit < 1:
        raise usage("--limit has to be at least 1.")
    settings = read_settings(WorkerSettings)
    name = name or default_worker_name()
    queues = queue or []
    async with connect(options) as client:
        if create_pool:
            await _ensure_pool(client, pool)
        for queue_name in queues:
            async with inside_pool(client, pool, queue_name):
                await client.read_work_queue(pool, queue_name)
        async with inside_pool(client, pool):
            await client.send_worker_heartbeat(pool, name, settings.heartbeat_interval_seconds)
    if options.json:
        facts = {"name": name, "work_pool_name": pool, "work_queue_names": queues, "pid": os.getpid()}
        print(json.dumps(facts), flush=True)
    address = options.server_address()
    return await run_worker(
        api_url=address, pool=pool, queues=queues, limit=limit, name=name, settings=settings
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


async def _ensure_pool(client: PenstockClient, name: str) -> None:
    try:
        await client.read_work_pool(name)
    except NotFound:
        template = default_base_job_template(POOL_TYPE)
        with suppress(Conflict):
            await client.create_work_pool(
                WorkPoolCreate(name=name, type=POOL_TYPE, base_job_template=template)
            )
