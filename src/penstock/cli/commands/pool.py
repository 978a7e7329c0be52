"""``penstock pool``: work pools."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cyclopts import App

from penstock.cli.commands.pool_maintenance import maintenance
from penstock.cli.connection import connect, inside_pool
from penstock.cli.context import Options, confirm_delete
from penstock.cli.deleting import touched_by_pool
from penstock.cli.errors import CommandFailed, usage
from penstock.cli.flags import Force, Reason, Switch, Yes, pause_changes
from penstock.cli.limits import Limit, limit_words, parse_limit
from penstock.cli.paging import PAGE, all_pages, queue_usage
from penstock.cli.render import print_fields, print_json, print_table, slots, state
from penstock.client.errors import Conflict
from penstock.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from penstock.schemas.job_templates import default_base_job_template

app = App(name="pool", help="Create, change and inspect work pools.")
app.command(maintenance)


@app.command
async def create(
    name: str,
    /,
    *,
    type: str = "process",
    limit: int | None = None,
    description: str | None = None,
    template: Path | None = None,
    paused: Switch = False,
    options: Options = Options(),
) -> None:
    """Create a work pool with its default queue.

    Parameters
    ----------
    name
        Name of the pool.
    type
        Kind of worker that serves it.
    limit
        Most runs that hold a slot at once; without it there is no limit.
    description
        What the pool is for.
    template
        JSON file with the base job template; else the standard one of the type.
    paused
        Create it paused: nothing is handed out until it is resumed.
    """
    job_template = _read_template(template) if template else default_base_job_template(type)
    async with connect(options) as client:
        pool = WorkPoolCreate(
            name=name,
            type=type,
            concurrency_limit=limit,
            description=description,
            base_job_template=job_template,
            is_paused=paused,
        )
        try:
            created = await client.create_work_pool(pool)
        except Conflict as error:
            raise CommandFailed(
                f"There is a work pool '{name}' already. Change it with: penstock pool update {name}"
            ) from error
    if options.json:
        print_json(created)
    else:
        print(f"Created work pool '{name}' ({limit_words(limit)}). Next: penstock worker start --pool {name}")


@app.command
async def ls(*, options: Options = Options()) -> None:
    """List the work pools."""
    async with connect(options) as client:
        pools = await all_pages(lambda offset: client.read_work_pools(limit=PAGE, offset=offset))
    if options.json:
        print_json(pools)
        return
    rows = [
        (
            pool.name,
            pool.type,
            state(pool.status),
            slots(pool.active_slots, pool.concurrency_limit),
            pool.description,
        )
        for pool in pools
    ]
    headers = ("POOL", "TYPE", "STATUS", "SLOTS", "DESCRIPTION")
    print_table(headers, rows, empty="There are no work pools. Create one with: penstock pool create NAME")


@app.command
async def inspect(name: str, /, *, options: Options = Options()) -> None:
    """Show a work pool, its queues and its workers.

    Parameters
    ----------
    name
        Name of the pool.
    """
    async with connect(options) as client, inside_pool(client, name):
        pool, queues, workers, used = await asyncio.gather(
            client.read_work_pool(name),
            all_pages(lambda offset: client.read_work_queues(name, limit=PAGE, offset=offset)),
            all_pages(lambda offset: client.read_workers(name, limit=PAGE, offset=offset)),
            queue_usage(client, name),
        )
    if options.json:
        print_json({**pool.model_dump(mode="json"), "queues": queues, "workers": workers})
        return
    print_fields(
        {
            "Pool": pool.name,
            "Type": pool.type,
            "Status": state(pool.status),
            "Slots": slots(sum(used.values()), pool.concurrency_limit),
            "Description": pool.description,
            "Created": pool.created,
            "Id": pool.id,
        }
    )
    print()
    print_table(
        ("QUEUE", "PRIORITY", "STATUS", "SLOTS"),
        [
            (q.name, q.priority, state(q.status), slots(used.get(q.name, 0), q.concurrency_limit))
            for q in queues
        ],
        empty="No queues.",
    )
    print()
    print_table(
        ("WORKER", "STATUS", "LAST HEARTBEAT"),
        [(worker.name, state(worker.status), worker.last_heartbeat_time) for worker in workers],
        empty=f"No worker has served this pool yet. Start one with: penstock worker start --pool {name}",
    )


@app.command
async def update(
    name: str,
    /,
    *,
    limit: Limit = None,
    description: str | None = None,
    template: Path | None = None,
    options: Options = Options(),
) -> None:
    """Change a work pool; what is not given stays.

    Parameters
    ----------
    name
        Name of the pool.
    limit
        Most runs that hold a slot at once, or "none".
    description
        What the pool is for.
    template
        JSON file with the base job template.
    """
    changes: dict[str, Any] = {}
    if limit is not None:
        changes["concurrency_limit"] = parse_limit(limit)
    if description is not None:
        changes["description"] = description
    if template is not None:
        changes["base_job_template"] = _read_template(template)
    if not changes:
        raise usage("There is nothing to change. Give --limit, --description or --template.")
    await _update(name, changes, f"Updated work pool '{name}'.", options)


@app.command(name="set-limit")
async def set_limit(name: str, limit: str, /, *, options: Options = Options()) -> None:
    """Set or remove the limit of a work pool.

    Parameters
    ----------
    name
        Name of the pool.
    limit
        Most runs that hold a slot at once, or "none".
    """
    value = parse_limit(limit)
    await _update(name, {"concurrency_limit": value}, f"Work pool '{name}': {limit_words(value)}.", options)


@app.command
async def pause(name: str, /, *, reason: Reason = None, options: Options = Options()) -> None:
    """Stop handing out the runs of a work pool; what runs goes on.

    Parameters
    ----------
    name
        Name of the pool.
    """
    await _update(name, pause_changes(reason), f"Paused work pool '{name}'.", options)


@app.command
async def resume(name: str, /, *, options: Options = Options()) -> None:
    """Hand out the runs of a work pool again.

    Parameters
    ----------
    name
        Name of the pool.
    """
    await _update(name, {"is_paused": False}, f"Resumed work pool '{name}'.", options)


@app.command
async def delete(
    name: str,
    /,
    *,
    yes: Yes = False,
    force: Force = False,
    options: Options = Options(),
) -> None:
    """Delete a work pool with its queues and workers; its waiting runs are never handed out.

    While runs are under way it is refused, unless forced: they go on, but no limit counts them.
    Afterwards `run ls --stranded` lists the waiting ones.

    Parameters
    ----------
    name
        Name of the pool.
    """
    async with connect(options) as client, inside_pool(client, name):
        touched = await touched_by_pool(client, name)
        confirm_delete(f"work pool '{name}' with its queues and workers ({touched})", yes=yes)
        await client.delete_work_pool(name, force=force)
    if options.json:
        print_json({"deleted": name, **asdict(touched)})
    else:
        print(f"Deleted work pool '{name}'. Left without a pool: {touched}.")


async def _update(name: str, changes: dict[str, Any], sentence: str, options: Options) -> None:
    async with connect(options) as client, inside_pool(client, name):
        await client.update_work_pool(name, WorkPoolUpdate(**changes))
        pool = await client.read_work_pool(name)
    if options.json:
        print_json(pool)
    else:
        print(sentence)


def _read_template(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise usage(f"The template {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise usage(f"The template {path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise usage(f"The template {path} has to be a JSON object.")
    return content
