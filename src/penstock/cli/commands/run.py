"""``penstock run``: create, follow and cancel runs."""

import asyncio
from datetime import datetime
from typing import Annotated

from cyclopts import App, Parameter

from penstock.cli.connection import connect
from penstock.cli.context import Options
from penstock.cli.errors import CommandFailed, usage
from penstock.cli.explanation import print_explanation
from penstock.cli.flags import OptionalPool, OptionalQueue, Switch
from penstock.cli.render import console, duration, print_fields, print_json, print_table, state
from penstock.cli.resolve import find_deployment, find_run
from penstock.cli.run_filters import run_filters
from penstock.cli.submit import NO_FLAGS, RunFlags, submit
from penstock.cli.watch import POLL_SECONDS, all_completed, read_new_logs, watch_runs
from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.actions import StateCreate
from penstock.schemas.core import Log
from penstock.schemas.responses import FlowRunResponse, SetStateStatus

app = App(name="run", help="Create, follow and cancel runs.")

ERROR_LEVEL = 40


@app.command
async def create(
    deployment: str,
    /,
    *,
    flags: RunFlags = NO_FLAGS,
    count: int = 1,
    watch: Switch = False,
    options: Options = Options(),
) -> int:
    """Create one run of a deployment, or many.

    Parameters
    ----------
    deployment
        FLOW/DEPLOYMENT, or only the deployment's name when it is unique.
    count
        How many runs; their names and idempotency keys get a number.
    watch
        Follow until the end; exit code 0 only when every run completed.
    """
    request = flags.request()
    if count < 1:
        raise usage("--count has to be at least 1.")
    async with connect(options) as client:
        found = await find_deployment(client, deployment)
        runs = await submit(client, found, request, count, quiet=options.json)
        if not options.json:
            _say_created(runs, deployment, watch=watch)
        if watch:
            runs = await watch_runs(client, [run.id for run in runs], quiet=options.json)
    if options.json:
        print_json(runs[0] if count == 1 else runs)
    return 0 if not watch or all_completed(runs) else 1


@app.command
async def ls(
    *,
    pool: OptionalPool = None,
    queue: OptionalQueue = None,
    state_: Annotated[list[str] | None, Parameter(name="--state", negative="")] = None,
    deployment: Annotated[str | None, Parameter(name=["--deployment", "-d"])] = None,
    stranded: Switch = False,
    limit: int = 20,
    options: Options = Options(),
) -> None:
    """List runs, newest first.

    Parameters
    ----------
    pool
        Only runs of this pool.
    queue
        Only runs of queues with this name.
    state_
        Only runs in these states: scheduled, pending, running, completed, failed, ... or a name such as Late.
    deployment
        Only runs of this deployment.
    stranded
        Only runs that wait in a queue that is gone, so that no worker is given them.
    limit
        Most rows, at most 200.
    """
    if stranded and state_:
        raise usage("--stranded stands for scheduled runs and does not go with --state.")
    async with connect(options) as client:
        chosen = await find_deployment(client, deployment) if deployment else None
        filters = run_filters(
            pool=pool, queue=queue, states=state_ or [], deployment=chosen, stranded=stranded
        )
        runs, total = await asyncio.gather(
            client.read_flow_runs(**filters, limit=limit), client.count_flow_runs(**filters)
        )
    if options.json:
        print_json(runs)
        return
    rows = [
        (
            run.name,
            state(run.state_type, run.state_name),
            run.work_pool_name,
            run.work_queue_name,
            _when(run),
            run.id,
        )
        for run in runs
    ]
    print_table(("RUN", "STATE", "POOL", "QUEUE", "WHEN", "ID"), rows, empty="There are no such runs.")
    if total > len(runs):
        print(f"{len(runs)} of {total} runs; more with --limit.")


@app.command
async def inspect(run: str, /, *, options: Options = Options()) -> None:
    """Show one run and the states it went through.

    Parameters
    ----------
    run
        Id of the run, or its name when it is unique.
    """
    async with connect(options) as client:
        found = await find_run(client, run)
        states = await client.read_flow_run_states(found.id)
    if options.json:
        print_json({**found.model_dump(mode="json"), "states": states})
        return
    print_fields(
        {
            "Run": found.name,
            "State": state(found.state_type, found.state_name),
            "Message": found.state.message if found.state else None,
            "Pool": found.work_pool_name,
            "Queue": found.work_queue_name,
            "Parameters": found.parameters,
            "Ran for": duration(found.estimated_run_time),
            "Attempts": found.run_count,
            "Tags": ", ".join(found.tags),
            "Id": found.id,
        }
    )
    rows = [
        (item.timestamp.astimezone().strftime("%H:%M:%S.%f")[:-3], state(item.type, item.name), item.message)
        for item in states
    ]
    print()
    print_table(("TIME", "STATE", "MESSAGE"), rows, empty="No states.")


@app.command
async def why(run: str, /, *, options: Options = Options()) -> None:
    """Say why a run is not running, what is in its way first, and when it is likely to start.

    Parameters
    ----------
    run
        Id of the run, or its name when it is unique.
    """
    async with connect(options) as client:
        found = await find_run(client, run)
        explanation = await client.explain_flow_run(found.id)
    if options.json:
        print_json(explanation)
    else:
        print_explanation(explanation)


@app.command
async def logs(run: str, /, *, follow: Switch = False, options: Options = Options()) -> None:
    """Show what a run printed.

    Parameters
    ----------
    run
        Id of the run, or its name when it is unique.
    follow
        Go on until the run has ended.
    """
    seen: list[Log] = []
    async with connect(options) as client:
        found = await find_run(client, run)
        while True:
            ended = found.state_type in TERMINAL_STATES
            new = await read_new_logs(client, found.id, len(seen))
            seen.extend(new)
            if not options.json:
                _print_logs(new)
            if ended or not follow:
                break
            await asyncio.sleep(POLL_SECONDS)
            found = await client.read_flow_run(found.id)
    if options.json:
        print_json(seen)
    elif not seen:
        print(f"Run '{found.name}' ({found.state_name}) has printed nothing.")


@app.command
async def cancel(run: str, /, *, options: Options = Options()) -> None:
    """Cancel a run: a waiting one at once, a running one through its worker.

    Parameters
    ----------
    run
        Id of the run, or its name when it is unique.
    """
    async with connect(options) as client:
        found = await find_run(client, run)
        if found.state_type in TERMINAL_STATES:
            raise CommandFailed(f"Run '{found.name}' has ended already ({found.state_name}).")
        result = await client.set_flow_run_state(found.id, StateCreate(type=StateType.CANCELLING))
        found = await client.read_flow_run(found.id)
    if result.status in {SetStateStatus.ABORT, SetStateStatus.WAIT}:
        reason = getattr(result.details, "reason", None) or "the server gives no reason"
        raise CommandFailed(f"Run '{found.name}' was not cancelled: {reason}.")
    if options.json:
        print_json(found)
    else:
        print(f"Run '{found.name}': {found.state_name}.")


@app.command
async def watch(run: Annotated[list[str], Parameter(negative="")], /, *, options: Options = Options()) -> int:
    """Follow runs until they end; exit code 0 only when every run completed.

    Parameters
    ----------
    run
        Ids or unique names of runs.
    """
    async with connect(options) as client:
        found = [await find_run(client, text) for text in run]
        runs = await watch_runs(client, [item.id for item in found], quiet=options.json)
    if options.json:
        print_json(runs[0] if len(run) == 1 else runs)
    return 0 if all_completed(runs) else 1


def _when(run: FlowRunResponse) -> datetime | None:
    return run.end_time or run.start_time or run.next_scheduled_start_time or run.expected_start_time


def _say_created(runs: list[FlowRunResponse], deployment: str, *, watch: bool) -> None:
    if len(runs) > 1:
        print(f"Created {len(runs)} runs of {deployment}.")
    else:
        follow = "" if watch else f" Follow it with: penstock run watch {runs[0].id}"
        print(f"Created run '{runs[0].name}' of {deployment}.{follow}")


def _print_logs(lines: list[Log]) -> None:
    out = console()
    for line in lines:
        stamp = line.timestamp.astimezone().strftime("%H:%M:%S.%f")[:-3]
        style = "red" if line.level >= ERROR_LEVEL else None
        out.print(f"{stamp} {line.message}", markup=False, soft_wrap=True, style=style)
