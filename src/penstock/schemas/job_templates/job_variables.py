"""Job variables: the pool's defaults, and what deployments and runs lay over them."""

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.core.errors import Fault, InvalidInputError
from penstock.schemas.job_templates.declarations import declared_variables
from penstock.schemas.json_schemas import check_json_schema, find_mismatches, null_where_default, told

MERGED_VARIABLE = "env"
"""An object that is laid over key by key, so that a run can add one environment variable."""


class InvalidJobVariablesError(InvalidInputError):
    """Job variables do not fit the pool's variables schema. HTTP 422."""

    def __init__(self, field: str, opening: str, faults: Sequence[Fault]) -> None:
        super().__init__(field, told(faults))
        self.args = (f"{opening}: {self.reason}",)
        self.faults = faults


def variable_defaults(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default of each variable that has one."""
    declared = declared_variables(template).items()
    return {name: variable["default"] for name, variable in declared if "default" in variable}


def check_variable_defaults(template: Mapping[str, Any]) -> None:
    """Check the variables schema and each default in it; block references are replaced before.

    Raises InvalidSchemaError or InvalidJobVariablesError.
    """
    schema = template.get("variables")
    if not schema:
        return
    check_json_schema(schema, "base_job_template.variables")
    if faults := _mismatches(variable_defaults(template), schema, ignore_required=True):
        error = InvalidJobVariablesError(
            "base_job_template.variables",
            "Validation failed for work pool's job variable defaults",
            faults,
        )
        error.faults = [_of_default(one) for one in faults]
        raise error


def _of_default(fault: Fault) -> Fault:
    """Return the fault of a default at its place in the template."""
    if not fault.path:
        return Fault(("variables",), fault.message)
    name, *below = fault.path
    return Fault(("variables", "properties", name, "default", *below), fault.message)


def overlay_job_variables(template: Mapping[str, Any], *overlays: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the pool's defaults with each overlay laid on top in turn: deployment, then run.

    Values are replaced whole, except the object ``env``, which is merged key by key.
    """
    result = variable_defaults(template)
    for overlay in overlays:
        for name, value in (overlay or {}).items():
            below = result.get(name)
            if name == MERGED_VARIABLE and isinstance(value, dict) and isinstance(below, dict):
                result[name] = {**below, **value}
            else:
                result[name] = value
    return result


def check_job_variables(
    template: Mapping[str, Any], variables: Mapping[str, Any], *, ignore_required: bool = False
) -> None:
    """Check overlaid job variables against the pool's schema; a pool without one accepts all.

    Raises InvalidJobVariablesError, or InvalidSchemaError when the schema can't be used.
    """
    schema = template.get("variables")
    if not schema:
        return
    if faults := _mismatches(dict(variables), schema, ignore_required=ignore_required):
        raise InvalidJobVariablesError(
            "job_variables", "The job variables do not fit the work pool's job template", faults
        )


def _mismatches(variables: dict[str, Any], schema: dict[str, Any], *, ignore_required: bool) -> list[Fault]:
    return find_mismatches(
        variables,
        schema,
        field="base_job_template.variables",
        ignore_required=ignore_required,
        null_rule=null_where_default,
    )
