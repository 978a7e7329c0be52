"""Creating runs of a deployment, one or many."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from penstock.cli.errors import usage
from penstock.cli.flags import OptionalQueue, Words
from penstock.cli.parameters import parse_pairs, parse_time
from penstock.client import PenstockClient
from penstock.core.clock import utc_now
from penstock.core.states import StateType
from penstock.schemas.actions import DeploymentFlowRunCreate, StateCreate
from penstock.schemas.responses import DeploymentResponse, FlowRunResponse
from penstock.schemas.states import StateDetails

AT_ONCE = 8
"""Requests under way at the same time while many runs are created."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class RunFlags:
    """What a run is given, said on the command line."""

    param: Annotated[
        Words, Parameter(help="Parameter of the run, name=value; the value is JSON or text.")
    ] = None
    queue: Annotated[
        OptionalQueue, Parameter(help="Queue of the deployment's pool, instead of the deployment's own.")
    ] = None
    name: Annotated[str | None, Parameter(help="Name of the run; else one is made up.")] = None
    idempotency_key: Annotated[
        str | None, Parameter(help="A second create with the same key returns the first run.")
    ] = None
    job_variable: Annotated[
        Words,
        Parameter(help="Variable of the pool's job template for this run, name=value."),
    ] = None
    tag: Annotated[Words, Parameter(help="Tag of the run.")] = None
    in_: Annotated[float | None, Parameter(name="--in", help="Start this many seconds from now.")] = None
    at: Annotated[
        str | None,
        Parameter(help="Start at this time, e.g. 2030-01-31T08:00 (local time unless it says otherwise)."),
    ] = None

    def request(self) -> "Request":
        """Return what is asked for. Raises a usage failure for a pair or a time that is none."""
        return Request(
            name=self.name,
            queue=self.queue,
            idempotency_key=self.idempotency_key,
            parameters=parse_pairs(self.param or [], "--param"),
            job_variables=parse_pairs(self.job_variable or [], "--job-variable"),
            tags=self.tag or [],
            start=_scheduled_time(self.in_, self.at),
        )


NO_FLAGS = RunFlags()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What each run of one submission has in common."""

    name: str | None
    queue: str | None
    idempotency_key: str | None
    start: datetime | None
    parameters: dict[str, Any]
    job_variables: dict[str, Any]
    tags: list[str]

    def body(self, number: int | None) -> DeploymentFlowRunCreate:
        """Return what is sent for one run; ``number`` is added to name and key when there are many."""
        suffix = "" if number is None else f"-{number}"
        fields: dict[str, Any] = {"parameters": self.parameters, "tags": self.tags}
        if self.name:
            fields["name"] = f"{self.name}{suffix}"
        if self.idempotency_key:
            fields["idempotency_key"] = f"{self.idempotency_key}{suffix}"
        if self.queue:
            fields["work_queue_name"] = self.queue
        if self.job_variables:
            fields["job_variables"] = self.job_variables
        if self.start:
            details = StateDetails(scheduled_time=self.start)
            fields["state"] = StateCreate(type=StateType.SCHEDULED, state_details=details)
        return DeploymentFlowRunCreate(**fields)


async def submit(
    client: PenstockClient, deployment: DeploymentResponse, request: Request, count: int, *, quiet: bool
) -> list[FlowRunResponse]:
    """Create ``count`` runs and return them in order; shows progress on stderr when there are many."""
    gate = asyncio.Semaphore(AT_ONCE)
    numbers = [None] if count == 1 else list(range(1, count + 1))
    shown = count > 1 and not quiet and sys.stderr.isatty()
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True) as progress:
        bar = progress.add_task("Creating runs", total=count)

        async def create(number: int | None) -> FlowRunResponse:
            async with gate:
                run = await client.create_flow_run_from_deployment(deployment.id, request.body(number))
            progress.advance(bar)
            return run

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(create(number)) for number in numbers]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _scheduled_time(in_seconds: float | None, at: str | None) -> datetime | None:
    """Return when a run shall start, from ``--in`` or ``--at``; ``None`` means now."""
    if in_seconds is not None and at is not None:
        raise usage("Give --in or --at, not both.")
    if in_seconds is not None:
        return utc_now() + timedelta(seconds=in_seconds)
    return None if at is None else parse_time(at, "--at")
