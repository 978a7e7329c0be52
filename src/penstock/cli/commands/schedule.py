"""``penstock deployment schedule``: when a deployment's runs are made by themselves."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from cyclopts import App, Parameter

from penstock.cli.connection import connect
from penstock.cli.context import Options, confirm_delete
from penstock.cli.deleting import counted
from penstock.cli.flags import Switch, Words, Yes
from penstock.cli.parameters import parse_pairs
from penstock.cli.render import print_json, print_table
from penstock.cli.resolve import find_deployment, find_schedule
from penstock.cli.schedule_words import NO_TIMES, TimeFlags, schedule_name, schedule_words
from penstock.schemas.actions import DeploymentScheduleCreate, DeploymentScheduleUpdate
from penstock.schemas.responses import DeploymentOutlook, DeploymentScheduleResponse

app = App(name="schedule", help="Create, list, change and delete the schedules of a deployment.")

Slug = Annotated[str | None, Parameter(help="A name for the schedule, taken once in its deployment.")]
Param = Annotated[Words, Parameter(help="Parameter of its runs, name=value; the value is JSON or text.")]
MaxRuns = Annotated[
    int | None, Parameter(name="--max-runs", help="Most runs of it that wait ahead of their time.")
]


@app.command
async def create(
    deployment: str,
    /,
    *,
    times: TimeFlags = NO_TIMES,
    slug: Slug = None,
    param: Param = None,
    max_runs: MaxRuns = None,
    paused: Switch = False,
    options: Options = Options(),
) -> None:
    """Add a schedule to a deployment, by --cron, --interval or --rrule.

    Parameters
    ----------
    deployment
        FLOW/DEPLOYMENT, or only the deployment's name when it is unique.
    paused
        Make no runs until it is resumed.
    """
    fields: dict[str, Any] = {"schedule": times.require(), "active": not paused}
    if slug is not None:
        fields["slug"] = slug
    if param:
        fields["parameters"] = parse_pairs(param, "--param")
    if max_runs is not None:
        fields["max_scheduled_runs"] = max_runs
    async with connect(options) as client:
        found = await find_deployment(client, deployment)
        [created] = await client.create_deployment_schedules(found.id, [DeploymentScheduleCreate(**fields)])
        outlook = await client.read_deployment_outlook(found.id, starts=1)
    if options.json:
        print_json(created)
        return
    start = _next_start(outlook, created)
    due = f"due next at {start.astimezone():%Y-%m-%d %H:%M:%S %Z}" if start else "never due"
    print(f"Schedule '{schedule_name(created)}' of deployment '{deployment}' is {due}.")


@app.command
async def ls(deployment: str, /, *, options: Options = Options()) -> None:
    """List the schedules of a deployment, the last changed first, with when each is due next.

    Parameters
    ----------
    deployment
        FLOW/DEPLOYMENT, or only the deployment's name when it is unique.
    """
    async with connect(options) as client:
        found = await find_deployment(client, deployment)
        schedules = await client.read_deployment_schedules(found.id)
        outlook = await client.read_deployment_outlook(found.id, starts=1)
    if options.json:
        print_json(schedules)
        return
    rows = [
        (
            schedule_name(one),
            schedule_words(one.schedule),
            one.schedule.get("timezone") or "UTC",
            "yes" if one.active else "paused",
            _next_start(outlook, one),
            one.parameters,
        )
        for one in schedules
    ]
    empty = f"It has none. Add one with: penstock deployment schedule create {deployment} --cron '0 6 * * *'"
    print_table(("SCHEDULE", "DUE", "TIME ZONE", "ACTIVE", "NEXT START", "PARAMETERS"), rows, empty=empty)


@app.command
async def update(
    deployment: str,
    schedule: str,
    /,
    *,
    times: TimeFlags = NO_TIMES,
    slug: Slug = None,
    param: Param = None,
    max_runs: MaxRuns = None,
    options: Options = Options(),
) -> None:
    """Change a schedule; the runs that were made ahead for the future are made anew.

    Parameters
    ----------
    deployment
        FLOW/DEPLOYMENT, or only the deployment's name when it is unique.
    schedule
        The schedule's slug or id.
    """

    def changes(before: DeploymentScheduleResponse) -> dict[str, Any]:
        fields = {
            "schedule": times.change(before.schedule),
            "slug": slug,
            "parameters": None if param is None else parse_pairs(param, "--param"),
            "max_scheduled_runs": max_runs,
        }
        return {name: value for name, value in fields.items() if value is not None}

    await _change(deployment, schedule, changes, "is changed", options)


@app.command
async def pause(deployment: str, schedule: str, /, *, options: Options = Options()) -> None:
    """Make no more runs from a schedule; those it has made that are not due yet are deleted.

    Parameters
    ----------
    deployment
        FLOW/DEPLOYMENT, or only the deployment's name when it is unique.
    schedule
        The schedule's slug or id.
    """
    await _change(deployment, schedule, lambda _: {"active": False}, "is paused", options)


@app.command
async def resume(deployment: str, schedule: str, /, *, options: Options = Options()) -> None:
    """Make runs from a schedule again.

    Parameters
    ----------
    deployment
        FLOW/DEPLOYMENT, or only the deployment's name when it is unique.
    schedule
        The schedule's slug or id.
    """
    await _change(deployment, schedule, lambda _: {"active": True}, "makes runs again", options)


@app.command
async def delete(
    deployment: str, schedule: str, /, *, yes: Yes = False, options: Options = Options()
) -> None:
    """Delete a schedule, and all waiting runs that schedules of the deployment made.

    The other schedules make theirs anew.

    Parameters
    ----------
    deployment
        FLOW/DEPLOYMENT, or only the deployment's name when it is unique.
    schedule
        The schedule's slug or id.
    """
    async with connect(options) as client:
        found = await find_deployment(client, deployment)
        chosen = find_schedule(deployment, await client.read_deployment_schedules(found.id), schedule)
        waiting = await client.count_scheduled_runs(found.id)
        runs = counted(waiting, "waiting run") or "no waiting runs"
        what = f"schedule '{schedule_name(chosen)}' of deployment '{deployment}'"
        confirm_delete(f"{what} with {runs} that schedules of the deployment made", yes=yes)
        await client.delete_deployment_schedule(found.id, chosen.id)
    if options.json:
        print_json({"deleted": schedule_name(chosen), "id": chosen.id, "waiting_runs": waiting})
    else:
        print(f"Deleted {what} with {runs}.")


async def _change(
    deployment: str,
    schedule: str,
    changes: Callable[[DeploymentScheduleResponse], dict[str, Any]],
    outcome: str,
    options: Options,
) -> None:
    async with connect(options) as client:
        found = await find_deployment(client, deployment)
        chosen = find_schedule(deployment, await client.read_deployment_schedules(found.id), schedule)
        wanted = DeploymentScheduleUpdate(**changes(chosen))
        await client.update_deployment_schedule(found.id, chosen.id, wanted)
        after = await client.read_deployment_schedules(found.id)
    changed = next((one for one in after if one.id == chosen.id), chosen)
    if options.json:
        print_json(changed)
    else:
        print(f"Schedule '{schedule_name(changed)}' of deployment '{deployment}' {outcome}.")


def _next_start(outlook: DeploymentOutlook, schedule: DeploymentScheduleResponse) -> datetime | None:
    """Return when a schedule is due next; None when it is over."""
    starts = next((one.starts for one in outlook.schedules if one.schedule_id == schedule.id), [])
    return starts[0].at if starts else None
