"""``penstock.yaml``: what to deploy, checked before anything is sent."""

from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from penstock.cli.errors import CommandFailed, usage


class Target(BaseModel):
    """One deployment as it is described in a file or on the command line."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    flow: str | None = None
    command: str | None = None
    entrypoint: str | None = None
    pool: str | None = None
    queue: str | None = None
    parameters: dict[str, Any] = {}
    job_variables: dict[str, Any] = {}
    tags: list[str] = []
    description: str | None = None

    @model_validator(mode="after")
    def _one_job(self) -> Self:
        if (self.command is None) == (self.entrypoint is None):
            raise ValueError("give either a command or an entrypoint (path/to/file.py:function)")
        return self


class DeployFile(BaseModel):
    """A whole file: defaults for every deployment, and the deployments."""

    model_config = ConfigDict(extra="forbid")

    pool: str | None = None
    queue: str | None = None
    tags: list[str] = []
    deployments: Annotated[list[Target], Field(min_length=1)]

    def targets(self) -> list[Target]:
        """Return the deployments with the file's defaults filled in."""
        return [
            target.model_copy(
                update={
                    "pool": target.pool or self.pool,
                    "queue": target.queue or self.queue,
                    "tags": [*self.tags, *(tag for tag in target.tags if tag not in self.tags)],
                }
            )
            for target in self.deployments
        ]


def read_deploy_file(path: Path) -> list[Target]:
    """Return the deployments of a YAML file.

    Raises ``CommandFailed`` with the place in the file when it cannot be read, is not YAML, or says something
    that is not understood.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise usage(f"The file {path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise CommandFailed(f"{path}{where} is not YAML: {getattr(error, 'problem', error)}.") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{path} is not a text file in UTF-8.") from error
    if not isinstance(content, dict):
        raise CommandFailed(f"{path} has to hold a key 'deployments' with a list of deployments.")
    try:
        targets = DeployFile.model_validate(content).targets()
    except ValidationError as error:
        raise CommandFailed(f"{path}: {_complaint(error, content)}") from error
    names = [(target.flow, target.name) for target in targets]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise CommandFailed(f"{path} has two deployments named '{twice[1]}'.")
    return targets


def _complaint(error: ValidationError, content: dict[str, Any]) -> str:
    first = error.errors()[0]
    location = list(first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        reason = "this key is not known"
    if first["type"] == "missing":
        reason = "this key is missing"
    words = [str(part) for part in location]
    match location:
        case ["deployments", int(index), *rest]:
            words = [f"deployment {_name_at(content, index)}", *(str(part) for part in rest)]
    return f"{', '.join(words) or 'file'}: {reason}."


def _name_at(content: dict[str, Any], index: int) -> str:
    item = content["deployments"][index]
    name = item.get("name") if isinstance(item, dict) else None
    return f"'{name}'" if name else f"number {index + 1}"
