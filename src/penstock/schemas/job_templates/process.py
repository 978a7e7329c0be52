"""The template a new pool gets when its owner gives none."""

from copy import deepcopy
from typing import Any


def _optional_text(title: str, description: str) -> dict[str, Any]:
    return {
        "title": title,
        "description": description,
        "anyOf": [{"type": "string"}, {"type": "null"}],
        "default": None,
    }


_PROCESS_VARIABLES: dict[str, Any] = {
    "name": _optional_text("Name", "Name of the job; the worker picks one when there is none."),
    "env": {
        "title": "Environment variables",
        "description": "Environment variables to set when the job starts.",
        "type": "object",
        "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "default": {},
    },
    "labels": {
        "title": "Labels",
        "description": "Labels put on whatever the worker makes for the job.",
        "type": "object",
        "additionalProperties": {"type": "string"},
        "default": {},
    },
    "command": _optional_text(
        "Command", "Shell command of the job. Usually left empty where there is an entrypoint."
    ),
    "entrypoint": _optional_text(
        "Entrypoint", "Python function of the job, as file.py:function. Empty: the deployment's."
    ),
    "stream_output": {
        "title": "Stream output",
        "description": "Whether the output of the job goes to the logs of the run.",
        "type": "boolean",
        "default": True,
    },
    "working_dir": _optional_text(
        "Working directory",
        "Directory in which the job starts. Empty: the deployment's path, else the worker's own.",
    ),
}

_PROCESS_TEMPLATE: dict[str, Any] = {
    "job_configuration": {
        name: f"{{{{ {name} }}}}"
        for name in ("command", "entrypoint", "env", "labels", "name", "stream_output", "working_dir")
    },
    "variables": {"type": "object", "properties": _PROCESS_VARIABLES},
}

_TEMPLATES = {"process": _PROCESS_TEMPLATE}


def default_base_job_template(work_pool_type: str) -> dict[str, Any]:
    """Return a new copy of the template for a type of pool; ``{}`` for types we do not know."""
    return deepcopy(_TEMPLATES.get(work_pool_type, {}))
