"""The checks, with the library they stand on loaded when something is checked for the first time."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from penstock.core.errors import Fault
from penstock.schemas.json_schemas.null_rules import NullRule


def check_json_schema(schema: dict[str, Any], field: str) -> None:
    """Raise InvalidSchemaError, about ``field``, when the value is no JSON schema."""
    check: Callable[[dict[str, Any], str], None] = _checks().check_json_schema
    check(schema, field)


def find_mismatches(
    instance: Any, schema: dict[str, Any], *, field: str, ignore_required: bool, null_rule: NullRule
) -> list[Fault]:
    """Return the first places at which the value differs from the schema.

    ``null_rule`` says for a property's schema whether null is accepted besides what it says.
    Raises InvalidSchemaError, about ``field``, when the schema can't be used.
    """
    find: Callable[..., list[Fault]] = _checks().find_mismatches
    return find(instance, schema, field=field, ignore_required=ignore_required, null_rule=null_rule)


def _checks() -> Any:
    # The library is 3 MB of a server's memory, and nothing is checked while it starts.
    return import_module("penstock.schemas.json_schemas.checks")
