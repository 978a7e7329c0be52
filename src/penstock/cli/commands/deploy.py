"""``penstock deploy``: from a file or from flags."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from pydantic import ValidationError

from penstock.cli.connection import connect, inside_pool
from penstock.cli.context import Options, current_folder, shown, validation_sentence
from penstock.cli.deploy_file import Target, read_deploy_file
from penstock.cli.entrypoints import read_parameter_schema, split_entrypoint
from penstock.cli.errors import usage
from penstock.cli.flags import OptionalPool, OptionalQueue, Words
from penstock.cli.parameters import parse_pairs
from penstock.cli.render import print_json, print_table, shortened
from penstock.client import PenstockClient
from penstock.schemas.actions import DeploymentCreate, FlowCreate
from penstock.schemas.filters import WorkQueueFilter, WorkQueueFilterId
from penstock.schemas.responses import DeploymentResponse, WorkPoolResponse

app = App(name="deploy", help="Deploy a command or a Python function, or everything in a penstock.yaml.")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class JobFlags:
    """What a deployment is, said on the command line."""

    command: Annotated[str | None, Parameter(help="Shell command to run, in the current folder.")] = None
    entrypoint: Annotated[
        str | None, Parameter(help="Python function to run, as path/to/file.py:function.")
    ] = None
    flow: Annotated[
        str | None, Parameter(help="Name of the flow; else the function's or the deployment's name.")
    ] = None
    param: Annotated[Words, Parameter(help="Default parameter, name=value; the value is JSON or text.")] = (
        None
    )
    job_variable: Annotated[Words, Parameter(help="Variable of the pool's job template, name=value.")] = None
    tag: Annotated[Words, Parameter(help="Tag of the deployment and its runs.")] = None
    description: Annotated[str | None, Parameter(help="What the job does.")] = None

    def as_target(self) -> dict[str, Any]:
        """Return the fields of a ``Target``. Raises a usage failure for a pair that is none."""
        return {
            "command": self.command,
            "entrypoint": self.entrypoint,
            "flow": self.flow,
            "parameters": parse_pairs(self.param or [], "--param"),
            "job_variables": parse_pairs(self.job_variable or [], "--job-variable"),
            "tags": self.tag or [],
            "description": self.description,
        }


@app.default
async def deploy(
    name: str | None = None,
    /,
    *,
    file: Annotated[Path | None, Parameter(name=["--file", "-f"])] = None,
    pool: OptionalPool = None,
    queue: OptionalQueue = None,
    job: JobFlags = JobFlags(),
    options: Options = Options(),
) -> None:
    """Create deployments, or update the ones that exist.

    Parameters
    ----------
    name
        Name of the deployment; without a name everything in --file is deployed.
    file
        YAML file with deployments. With a name: only that one.
    pool
        Work pool that hands the runs out. With --file: instead of the pools named there.
    queue
        Work queue of the pool; created when it is missing. With --file: instead of the queues named there.
    """
    flags = {"pool": pool, "queue": queue, **job.as_target()}
    if file is not None:
        folder = file.resolve().parent
        targets = _from_file(file, name, flags)
    else:
        folder = Path(current_folder())
        targets = [_from_flags(name, flags)]
    documents = [_checked(target, folder) for target in targets]
    async with connect(options) as client:
        created = [
            await _deploy(client, target, document)
            for target, document in zip(targets, documents, strict=True)
        ]
    _show(targets, created, options)


def _from_file(path: Path, name: str | None, flags: dict[str, Any]) -> list[Target]:
    over = {key: value for key, value in flags.items() if value}
    if not_with_file := sorted(over.keys() - {"pool", "queue"}):
        raise usage(f"--{not_with_file[0].replace('_', '-').removesuffix('s')} cannot be joined with --file.")
    targets = [target.model_copy(update=over) for target in read_deploy_file(path)]
    if name is None:
        return targets
    if chosen := [target for target in targets if target.name == name]:
        return chosen
    raise usage(f"{path} has no deployment '{name}'. There: {', '.join(target.name for target in targets)}.")


def _from_flags(name: str | None, flags: dict[str, Any]) -> Target:
    if name is None:
        raise usage("Give a NAME with --command or --entrypoint, or a file: penstock deploy -f penstock.yaml")
    try:
        return Target(name=name, **flags)
    except ValidationError as error:
        raise usage(validation_sentence(error)) from error


def _checked(target: Target, folder: Path) -> dict[str, Any]:
    """Return the fields of the deployment; everything that can be wrong without a server fails here."""
    if target.pool is None:
        raise usage(f"Deployment '{target.name}' names no work pool. Add --pool NAME.")
    fields: dict[str, Any] = {
        "name": target.name,
        "work_pool_name": target.pool,
        "work_queue_name": target.queue,
        "path": str(folder),
        "parameters": target.parameters,
        "tags": target.tags,
        "description": target.description,
        "job_variables": dict(target.job_variables),
    }
    if target.entrypoint is not None:
        fields["entrypoint"] = target.entrypoint
        fields["parameter_openapi_schema"] = read_parameter_schema(target.entrypoint, folder)
    else:
        fields["job_variables"]["command"] = target.command
        fields["enforce_parameter_schema"] = False
    return fields


async def _deploy(client: PenstockClient, target: Target, fields: dict[str, Any]) -> DeploymentResponse:
    async with inside_pool(client, fields["work_pool_name"]):
        pool = await client.read_work_pool(fields["work_pool_name"])
        if fields["work_queue_name"] is None:
            fields["work_queue_name"] = await _default_queue(client, pool)
        flow = await client.create_flow(FlowCreate(name=_flow_name(target)))
        return await client.create_deployment(DeploymentCreate(flow_id=flow.id, **fields))


async def _default_queue(client: PenstockClient, pool: WorkPoolResponse) -> str | None:
    """Return the name of the pool's default queue, so that runs carry it and can be listed by it."""
    if pool.default_queue_id is None:
        return None
    chosen = WorkQueueFilter(id=WorkQueueFilterId(any_=[pool.default_queue_id]))
    queues = await client.read_work_queues(pool.name, work_queue_filter=chosen)
    return queues[0].name if queues else None


def _flow_name(target: Target) -> str:
    if target.flow:
        return target.flow
    if target.entrypoint:
        return split_entrypoint(target.entrypoint)[1].replace("_", "-")
    return target.name


def _show(targets: list[Target], created: list[DeploymentResponse], options: Options) -> None:
    if options.json:
        print_json(created)
        return
    rows = [
        (
            f"{_flow_name(target)}/{target.name}",
            deployment.work_pool_name,
            deployment.work_queue_name,
            shortened(target.entrypoint or target.command),
        )
        for target, deployment in zip(targets, created, strict=True)
    ]
    print_table(("DEPLOYED", "POOL", "QUEUE", "JOB"), rows, empty="")
    print(f"Run it with: penstock run create {shown(str(rows[0][0]))} --watch")
