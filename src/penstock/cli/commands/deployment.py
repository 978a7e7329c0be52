"""``penstock deployment``: what has been deployed."""

import asyncio
from uuid import UUID

from cyclopts import App

from penstock.cli.commands.schedule import app as schedule_app
from penstock.cli.connection import connect
from penstock.cli.context import Options, confirm_delete
from penstock.cli.deleting import counted, waiting_of_deployment
from penstock.cli.flags import OptionalPool, Words, Yes
from penstock.cli.paging import PAGE, all_pages
from penstock.cli.render import print_fields, print_json, print_table, shortened, state
from penstock.cli.resolve import find_deployment
from penstock.client import PenstockClient
from penstock.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from penstock.schemas.responses import DeploymentResponse

app = App(name="deployment", help="List, inspect, schedule and delete deployments.")
app.command(schedule_app)


@app.command
async def ls(
    *,
    pool: OptionalPool = None,
    tag: Words = None,
    options: Options = Options(),
) -> None:
    """List the deployments by name.

    Parameters
    ----------
    pool
        Only those of this pool.
    tag
        Only those with all of these tags.
    """
    in_pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])) if pool else None
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=tag)) if tag else None
    async with connect(options) as client:
        deployments = await all_pages(
            lambda offset: client.read_deployments(
                deployment_filter=tagged, work_pool_filter=in_pool, limit=PAGE, offset=offset
            )
        )
        flows = await _flow_names(client, deployments)
    if options.json:
        print_json(deployments)
        return
    rows = [
        (
            f"{flows[deployment.flow_id]}/{deployment.name}",
            deployment.work_pool_name,
            deployment.work_queue_name,
            state(deployment.status),
            shortened(job_of(deployment)),
        )
        for deployment in deployments
    ]
    empty = "There are no deployments. Create one with: penstock deploy NAME --command COMMAND --pool POOL"
    print_table(("DEPLOYMENT", "POOL", "QUEUE", "STATUS", "JOB"), rows, empty=empty)


@app.command
async def inspect(deployment: str, /, *, options: Options = Options()) -> None:
    """Show one deployment.

    Parameters
    ----------
    deployment
        FLOW/DEPLOYMENT, or only the deployment's name when it is unique.
    """
    async with connect(options) as client:
        found = await find_deployment(client, deployment)
        flow = await client.read_flow(found.flow_id)
    if options.json:
        print_json(found)
        return
    print_fields(
        {
            "Deployment": f"{flow.name}/{found.name}",
            "Description": found.description,
            "Pool": found.work_pool_name,
            "Queue": found.work_queue_name,
            "Status": state(found.status),
            "Job": job_of(found),
            "Folder": found.path,
            "Parameters": found.parameters,
            "Job variables": {key: value for key, value in found.job_variables.items() if key != "command"},
            "Tags": ", ".join(found.tags),
            "Created": found.created,
            "Id": found.id,
        }
    )


@app.command
async def delete(
    deployment: str,
    /,
    *,
    yes: Yes = False,
    options: Options = Options(),
) -> None:
    """Delete a deployment and its waiting runs; runs that have begun stay.

    Parameters
    ----------
    deployment
        FLOW/DEPLOYMENT, or only the deployment's name when it is unique.
    """
    async with connect(options) as client:
        found = await find_deployment(client, deployment)
        waiting = await waiting_of_deployment(client, found)
        runs = counted(waiting, "waiting run") or "no waiting runs"
        confirm_delete(f"deployment '{deployment}' with {runs}", yes=yes)
        await client.delete_deployment(found.id)
    if options.json:
        print_json({"deleted": found.name, "id": found.id, "waiting_runs": waiting})
    else:
        print(f"Deleted deployment '{deployment}' with {runs}.")


def job_of(deployment: DeploymentResponse) -> str | None:
    """Return what a deployment runs: its entrypoint, else its command."""
    command = deployment.job_variables.get("command")
    return deployment.entrypoint or (str(command) if command else None)


async def _flow_names(client: PenstockClient, deployments: list[DeploymentResponse]) -> dict[UUID, str]:
    flow_ids = {deployment.flow_id for deployment in deployments}
    flows = await asyncio.gather(*(client.read_flow(flow_id) for flow_id in flow_ids))
    return {flow.id: flow.name for flow in flows}
