"""From a pool's job template, a deployment and a run to the plan of one job."""

import json
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.core.errors import InvalidInputError
from penstock.schemas.job_templates import (
    check_job_variables,
    overlay_job_variables,
    resolve_job_configuration,
)
from penstock.schemas.responses import DeploymentResponse, FlowRunResponse, WorkPoolResponse
from penstock.worker.environment import PARAMETER_PREFIX, PARAMETERS, job_environment
from penstock.worker.runners import JobPlan, JobStartError

_ENTRYPOINT_PROGRAM = Path(__file__).with_name("entrypoint.py")
"""Started by its path, so that a job does not pay for the import of the package."""


class JobConfigurationError(Exception):
    """What was configured makes no job; the message is one sentence for the owner of the deployment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredJob:
    """A job ready to start.

    ``is_logged`` says whether its output goes to the run's logs, ``warnings`` what the owner should know.
    """

    plan: JobPlan
    is_logged: bool
    warnings: tuple[str, ...]


def configure_job(
    run: FlowRunResponse,
    deployment: DeploymentResponse | None,
    pool: WorkPoolResponse,
    *,
    api_url: str,
) -> ConfiguredJob:
    """Return the job of a run: the pool's defaults, under the deployment's and the run's job variables.

    Raises ``JobConfigurationError`` for what the owner got wrong and ``JobStartError`` for what this machine
    lacks.
    """
    variables = overlay_job_variables(
        pool.base_job_template, deployment.job_variables if deployment else None, run.job_variables
    )
    configuration = _resolved(pool.base_job_template, variables)
    working_dir = _working_dir(configuration, deployment)
    command = _command(configuration)
    entrypoint = configuration.get("entrypoint") or variables.get("entrypoint")
    if deployment is not None:
        entrypoint = entrypoint or deployment.entrypoint
    environment, left_out = job_environment(
        os.environ, api_url=api_url, run=run, extra=_environment_variables(configuration)
    )
    standard_input = b""
    if command is not None:
        arguments: tuple[str, ...] = ("sh", "-c", command)
    elif entrypoint:
        arguments = _entrypoint_arguments(str(entrypoint), working_dir)
        if PARAMETERS in left_out:
            standard_input = json.dumps(run.parameters).encode("ascii")
        left_out = [name for name in left_out if name != PARAMETERS and not name.startswith(PARAMETER_PREFIX)]
    else:
        raise JobConfigurationError("There is nothing to run: the job has no command and no entrypoint.")
    return ConfiguredJob(
        plan=JobPlan(
            arguments=arguments,
            working_dir=working_dir,
            environment=environment,
            standard_input=standard_input,
        ),
        is_logged=configuration.get("stream_output") is not False,
        warnings=tuple(
            f"The environment variable {name} is not set: its value is too long or not possible there."
            for name in left_out
        ),
    )


def _resolved(template: Mapping[str, Any], variables: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        check_job_variables(template, variables)
    except InvalidInputError as error:
        raise JobConfigurationError(str(error)) from error
    if not template.get("job_configuration"):
        return variables
    return resolve_job_configuration(template, variables)


def _command(configuration: Mapping[str, Any]) -> str | None:
    command = configuration.get("command")
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        command = shlex.join(command)
    if command is not None and not isinstance(command, str):
        raise JobConfigurationError(f"The command has to be text, not {json.dumps(command)}.")
    return command if command and command.strip() else None


def _environment_variables(configuration: Mapping[str, Any]) -> Mapping[str, Any]:
    env = configuration.get("env") or {}
    if not isinstance(env, Mapping):
        raise JobConfigurationError(f"env has to be an object of variables, not {json.dumps(env)}.")
    return env


def _working_dir(configuration: Mapping[str, Any], deployment: DeploymentResponse | None) -> Path:
    chosen = configuration.get("working_dir") or (deployment.path if deployment else None) or "."
    return Path(str(chosen)).expanduser().absolute()


def _entrypoint_arguments(entrypoint: str, working_dir: Path) -> tuple[str, ...]:
    file, separator, function = entrypoint.rpartition(":")
    if not separator or not file or not function:
        raise JobConfigurationError(
            f"The entrypoint '{entrypoint}' does not have the form path/to/file.py:function."
        )
    if working_dir.is_dir() and not (working_dir / file).is_file():
        raise JobStartError(
            f"The file '{file}' of the entrypoint does not exist in {working_dir} on {socket.gethostname()}."
        )
    return (sys.executable, "-P", str(_ENTRYPOINT_PROGRAM), entrypoint)
