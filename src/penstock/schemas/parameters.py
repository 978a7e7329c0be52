"""Parameters of a flow against the schema its deployment keeps (orchestration.md 2.3, 2.6)."""

from collections.abc import Sequence
from typing import Any

from penstock.core.errors import Fault, InvalidInputError
from penstock.schemas.json_schemas import (
    check_json_schema,
    find_mismatches,
    null_where_default_is_null,
    told,
)

SCHEMA_FIELD = "parameter_openapi_schema"


class InvalidParametersError(InvalidInputError):
    """The parameters do not fit the schema; each endpoint has its own status for this."""

    def __init__(self, reason: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__("parameters", reason)
        self.faults = faults


def check_parameter_schema(schema: dict[str, Any]) -> None:
    """Raise InvalidSchemaError when the schema of a deployment is no JSON schema."""
    check_json_schema(schema, SCHEMA_FIELD)


def check_parameters(
    parameters: dict[str, Any], schema: dict[str, Any] | None, *, ignore_required: bool = False
) -> None:
    """Raise InvalidParametersError naming each parameter that does not fit.

    Parameters can't be checked without a schema, which is the same error. A schema that is not
    valid raises InvalidSchemaError, one that refers to itself without end CircularSchemaError.
    """
    if schema is None:
        raise InvalidParametersError("The deployment has no parameter schema to check them against.")
    check_parameter_schema(schema)
    faults = find_mismatches(
        parameters,
        schema,
        field=SCHEMA_FIELD,
        ignore_required=ignore_required,
        null_rule=null_where_default_is_null,
    )
    if faults:
        raise InvalidParametersError(told(faults), faults)
