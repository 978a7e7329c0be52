"""``penstock deploy``: from a file or from flags."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from pydantic import ValidationError

from penstock.cli.context import Options, connect, current_folder, inside_pool, shown, validation_sentence
from penstock.cli.deploy_file import Target, read_deploy_file
from penstock.cli.entrypoints import read_parameter_schema, split_entrypoint
from penstock.cli.errors import usage
from penstock.cli.parameters import parse_pairs
from penstock.cli.render import print_json, print_table
from penstock.client import PenstockClient
from penstock.schemas.actions import DeploymentCreate, FlowCreate
from penstock.schemas.responses import DeploymentResponse

app = App(name="deploy", help="Deploy a command or a Python function, or everything in a penstock.yaml.")

Words = Annotated[list[str] | None, Parameter(negative="")]


@app.default
async def deploy(
    name: str | None = None,
    /,
    *,
    file: Annotated[Path | None, Parameter(name=["--file", "-f"])] = None,
    command: str | None = None,
    entrypoint: str | None = None,
    flow: str | None = None,
    pool: Annotated[str | None, Parameter(name=["--pool", "-p"])] = None,
    queue: Annotated[str | None, Parameter(name=["--queue", "-q"])] = None,
    param: Words = None,
    job_variable: Words = None,
    tag: Words = None,
    description: str | None = None,
    options: Options = Options(),
) -> None:
    """Create deployments, or update the ones that exist.

    Parameters
    ----------
    name
        Name of the deployment; without a name everything in --file is deployed.
    file
        YAML file with deployments. With a name: only that one.
    command
        Shell command to run, in the current folder.
    entrypoint
        Python function to run, as path/to/file.py:function.
    flow
        Name of the flow; else the function's or the deployment's name.
    pool
        Work pool that hands the runs out. With --file: instead of the pools named there.
    queue
        Work queue of the pool; created when it is missing.
    param
        Default parameter, name=value; the value is JSON or text.
    job_variable
        Variable of the pool's job template, name=value.
    tag
        Tag of the deployment and its runs.
    description
        What the job does.
    """
    flags = {
        "command": command,
        "entrypoint": entrypoint,
        "flow": flow,
        "pool": pool,
        "queue": queue,
        "parameters": parse_pairs(param or [], "--param"),
        "job_variables": parse_pairs(job_variable or [], "--job-variable"),
        "tags": tag or [],
        "description": description,
    }
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
        raise usage(validation_sentence(error).capitalize()) from error


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
        await client.read_work_pool(fields["work_pool_name"])
        flow = await client.create_flow(FlowCreate(name=_flow_name(target)))
        return await client.create_deployment(DeploymentCreate(flow_id=flow.id, **fields))


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
            target.pool,
            target.queue,
            target.entrypoint or target.command,
        )
        for target in targets
    ]
    print_table(("DEPLOYED", "POOL", "QUEUE", "JOB"), rows, empty="")
    print(f"Run it with: penstock run create {shown(str(rows[0][0]))} --watch")
