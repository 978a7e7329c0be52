"""``penstock queue``: the work queues of a pool."""

import asyncio
from dataclasses import asdict
from typing import Any

from cyclopts import App

from penstock.cli.connection import connect, inside_pool
from penstock.cli.context import Options, confirm_delete
from penstock.cli.deleting import touched_by_queue
from penstock.cli.errors import CommandFailed, usage
from penstock.cli.flags import Force, PoolName, Reason, Switch, Yes, pause_changes
from penstock.cli.limits import Limit, limit_words, parse_limit
from penstock.cli.paging import PAGE, all_pages, queue_usage
from penstock.cli.render import print_fields, print_json, print_table, slots, state
from penstock.client import PenstockClient
from penstock.client.errors import Conflict
from penstock.core.states import StateType
from penstock.schemas.actions import WorkQueueCreate, WorkQueueUpdate
from penstock.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
    WorkQueueFilter,
    WorkQueueFilterName,
)

app = App(name="queue", help="Create, change and inspect the work queues of a pool.")


@app.command
async def create(
    name: str,
    /,
    *,
    pool: PoolName,
    priority: int | None = None,
    limit: int | None = None,
    description: str = "",
    paused: Switch = False,
    options: Options = Options(),
) -> None:
    """Create a work queue.

    Parameters
    ----------
    name
        Name of the queue.
    priority
        1 is served first; without it the queue comes last. A taken priority pushes the others down.
    limit
        Most runs of the queue that hold a slot at once; without it there is no limit.
    description
        What the queue is for.
    paused
        Create it paused: nothing is handed out until it is resumed.
    """
    async with connect(options) as client, inside_pool(client, pool):
        queue = WorkQueueCreate(
            name=name, priority=priority, concurrency_limit=limit, description=description, is_paused=paused
        )
        try:
            created = await client.create_work_queue(pool, queue)
        except Conflict as error:
            raise CommandFailed(
                f"Work pool '{pool}' has a queue '{name}' already. "
                f"Change it with: penstock queue update {name} --pool {pool}"
            ) from error
    if options.json:
        print_json(created)
    else:
        print(f"Created queue '{name}' in '{pool}' (priority {created.priority}, {limit_words(limit)}).")


@app.command
async def ls(*, pool: PoolName, options: Options = Options()) -> None:
    """List the queues of a pool, first served first."""
    async with connect(options) as client, inside_pool(client, pool):
        queues = await all_pages(lambda offset: client.read_work_queues(pool, limit=PAGE, offset=offset))
        used = await queue_usage(client, pool)
    if options.json:
        print_json(queues)
        return
    rows = [
        (
            queue.name,
            queue.priority,
            state(queue.status),
            slots(used.get(queue.name, 0), queue.concurrency_limit),
            queue.last_polled,
            queue.description,
        )
        for queue in queues
    ]
    print_table(
        ("QUEUE", "PRIORITY", "STATUS", "SLOTS", "LAST POLLED", "DESCRIPTION"), rows, empty="No queues."
    )


@app.command
async def inspect(name: str, /, *, pool: PoolName, options: Options = Options()) -> None:
    """Show one queue with its waiting and active runs.

    Parameters
    ----------
    name
        Name of the queue.
    """
    async with connect(options) as client, inside_pool(client, pool, name):
        queue, used, waiting = await asyncio.gather(
            client.read_work_queue(pool, name), queue_usage(client, pool), _count_waiting(client, pool, name)
        )
    if options.json:
        print_json({**queue.model_dump(mode="json"), "waiting_runs": waiting})
        return
    print_fields(
        {
            "Queue": queue.name,
            "Pool": pool,
            "Priority": queue.priority,
            "Status": state(queue.status),
            "Slots": slots(used.get(name, 0), queue.concurrency_limit),
            "Waiting runs": waiting,
            "Last polled": queue.last_polled or "never",
            "Description": queue.description,
            "Id": queue.id,
        }
    )


@app.command
async def update(
    name: str,
    /,
    *,
    pool: PoolName,
    priority: int | None = None,
    limit: Limit = None,
    description: str | None = None,
    rename: str | None = None,
    options: Options = Options(),
) -> None:
    """Change a queue; what is not given stays.

    Parameters
    ----------
    name
        Name of the queue.
    priority
        1 is served first; the other queues make room.
    limit
        Most runs of the queue that hold a slot at once, or "none".
    description
        What the queue is for.
    rename
        New name.
    """
    given = {"priority": priority, "description": description, "name": rename}
    changes: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if limit is not None:
        changes["concurrency_limit"] = parse_limit(limit)
    if not changes:
        raise usage("There is nothing to change. Give --priority, --limit, --description or --rename.")
    await _update(name, pool, changes, f"Updated queue '{rename or name}' of '{pool}'.", options)


@app.command(name="set-limit")
async def set_limit(name: str, limit: str, /, *, pool: PoolName, options: Options = Options()) -> None:
    """Set or remove the limit of a queue.

    Parameters
    ----------
    name
        Name of the queue.
    limit
        Most runs of the queue that hold a slot at once, or "none".
    """
    value = parse_limit(limit)
    sentence = f"Queue '{name}' of '{pool}': {limit_words(value)}."
    await _update(name, pool, {"concurrency_limit": value}, sentence, options)


@app.command(name="set-priority")
async def set_priority(name: str, priority: int, /, *, pool: PoolName, options: Options = Options()) -> None:
    """Move a queue to a priority; the other queues make room.

    Parameters
    ----------
    name
        Name of the queue.
    priority
        1 is served first.
    """
    await _update(
        name, pool, {"priority": priority}, f"Queue '{name}' of '{pool}': priority {priority}.", options
    )


@app.command
async def pause(name: str, /, *, pool: PoolName, reason: Reason = None, options: Options = Options()) -> None:
    """Stop handing out the runs of a queue; what runs goes on.

    Parameters
    ----------
    name
        Name of the queue.
    """
    await _update(name, pool, pause_changes(reason), f"Paused queue '{name}' of '{pool}'.", options)


@app.command
async def resume(name: str, /, *, pool: PoolName, options: Options = Options()) -> None:
    """Hand out the runs of a queue again.

    Parameters
    ----------
    name
        Name of the queue.
    """
    await _update(name, pool, {"is_paused": False}, f"Resumed queue '{name}' of '{pool}'.", options)


@app.command
async def delete(
    name: str,
    /,
    *,
    pool: PoolName,
    yes: Yes = False,
    force: Force = False,
    options: Options = Options(),
) -> None:
    """Delete a queue; its runs and deployments go to the default queue, which stays.

    While runs are under way it is refused, unless forced: they go on in the default queue.

    Parameters
    ----------
    name
        Name of the queue.
    """
    async with connect(options) as client, inside_pool(client, pool, name):
        await client.read_work_queue(pool, name)
        touched = await touched_by_queue(client, pool, name)
        confirm_delete(f"queue '{name}' of '{pool}' (to the default queue go {touched})", yes=yes)
        await client.delete_work_queue(pool, name, force=force)
    if options.json:
        print_json({"deleted": name, "work_pool_name": pool, **asdict(touched)})
    else:
        print(f"Deleted queue '{name}' of '{pool}'. To the default queue went {touched}.")


async def _update(name: str, pool: str, changes: dict[str, Any], sentence: str, options: Options) -> None:
    async with connect(options) as client, inside_pool(client, pool, name):
        await client.update_work_queue(pool, name, WorkQueueUpdate(**changes))
        queue = await client.read_work_queue(pool, str(changes.get("name", name)))
    if options.json:
        print_json(queue)
    else:
        print(sentence)


async def _count_waiting(client: PenstockClient, pool: str, queue: str) -> int:
    return await client.count_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        ),
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
        work_queue_filter=WorkQueueFilter(name=WorkQueueFilterName(any_=[queue])),
    )
