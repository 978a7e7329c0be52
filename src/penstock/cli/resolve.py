"""From what a person types to the one thing that is meant."""

from collections.abc import Sequence
from uuid import UUID

from penstock.cli.errors import CommandFailed, usage
from penstock.client import PenstockClient
from penstock.client.errors import NotFound
from penstock.schemas.filters import DeploymentFilter, DeploymentFilterName, FlowRunFilter, FlowRunFilterName
from penstock.schemas.responses import DeploymentResponse, DeploymentScheduleResponse, FlowRunResponse

AMBIGUOUS_SHOWN = 5


async def find_deployment(client: PenstockClient, text: str) -> DeploymentResponse:
    """Return the deployment called ``flow/deployment``, or the only one of that name, or with that id.

    Raises ``CommandFailed`` when there is none, or more than one.
    """
    if identifier := _as_uuid(text):
        try:
            return await client.read_deployment(identifier)
        except NotFound as error:
            raise _no_deployment(text) from error
    flow, slash, name = text.rpartition("/")
    if slash:
        try:
            return await client.read_deployment_by_name(flow, name)
        except NotFound as error:
            raise _no_deployment(text) from error
    found = await client.read_deployments(
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[text])), limit=AMBIGUOUS_SHOWN
    )
    if not found:
        raise _no_deployment(text)
    if len(found) > 1:
        flows = [(await client.read_flow(deployment.flow_id)).name for deployment in found]
        choices = ", ".join(f"{flow}/{text}" for flow in flows)
        raise CommandFailed(f"More than one deployment is named '{text}'. Say which: {choices}.")
    return found[0]


def find_schedule(
    deployment: str, schedules: Sequence[DeploymentScheduleResponse], text: str
) -> DeploymentScheduleResponse:
    """Return the schedule with that slug or id.

    Raises ``CommandFailed`` when the deployment has none such.
    """
    for schedule in schedules:
        if text in {schedule.slug, str(schedule.id)}:
            return schedule
    raise CommandFailed(
        f"Deployment '{deployment}' has no schedule '{text}'. "
        f"List them with: penstock deployment schedule ls {deployment}"
    )


async def find_run(client: PenstockClient, text: str) -> FlowRunResponse:
    """Return the run with that id, or the only one of that name.

    Raises ``CommandFailed`` when there is none, or more than one.
    """
    if identifier := _as_uuid(text):
        try:
            return await client.read_flow_run(identifier)
        except NotFound as error:
            raise _no_run(text) from error
    if not text.strip():
        raise usage("Give the id or the name of a run.")
    found = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(name=FlowRunFilterName(any_=[text])), limit=AMBIGUOUS_SHOWN
    )
    if not found:
        raise _no_run(text)
    if len(found) > 1:
        choices = ", ".join(str(run.id) for run in found)
        raise CommandFailed(
            f"More than one run is named '{text}'. Give its id, for example one of: {choices}."
        )
    return found[0]


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _no_deployment(text: str) -> CommandFailed:
    return CommandFailed(f"There is no deployment '{text}'. List them with: penstock deployment ls")


def _no_run(text: str) -> CommandFailed:
    return CommandFailed(f"There is no run '{text}'. List them with: penstock run ls")
