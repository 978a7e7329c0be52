"""The environment variables of a job."""

import json
import re
from collections.abc import Mapping
from typing import Any

from penstock.schemas.responses import FlowRunResponse

FLOW_RUN_ID = "PENSTOCK_FLOW_RUN_ID"
PARAMETERS = "PENSTOCK_PARAMETERS"
PARAMETER_PREFIX = "PENSTOCK_PARAM_"
LONGEST_VALUE_BYTES = 100_000
"""Linux refuses to start a process with a variable of 128 KiB or more."""


def job_environment(
    inherited: Mapping[str, str],
    *,
    api_url: str,
    run: FlowRunResponse,
    extra: Mapping[str, Any],
) -> tuple[dict[str, str], list[str]]:
    """Return the whole environment of a run's job, and the names that had to be left out.

    Laid over each other: what the worker itself has, what Penstock tells about the run, and ``extra`` from
    the job variables, where null takes a variable away. Left out are values that are too long for an
    environment or that it cannot hold.
    """
    told = {
        "PENSTOCK_API_URL": api_url,
        FLOW_RUN_ID: str(run.id),
        "PENSTOCK_FLOW_RUN_NAME": run.name,
        PARAMETERS: json.dumps(run.parameters),
    }
    for name, value in run.parameters.items():
        told[PARAMETER_PREFIX + _variable_name(name)] = _text(value)
    environment: dict[str, str | None] = {"PYTHONUNBUFFERED": "1", **inherited, **told}
    environment.update({name: None if value is None else _text(value) for name, value in extra.items()})
    given = {name: value for name, value in environment.items() if value is not None}
    left_out = [
        name for name, value in given.items() if name not in inherited and not _is_possible(name, value)
    ]
    return {name: value for name, value in given.items() if name not in left_out}, left_out


def _variable_name(parameter: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", parameter.upper())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _is_possible(name: str, value: str) -> bool:
    try:
        size = len(value.encode()) + len(name.encode())
    except UnicodeEncodeError:
        return False
    return size <= LONGEST_VALUE_BYTES and "\x00" not in value + name and "=" not in name and bool(name)
