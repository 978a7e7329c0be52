"""The variables a template declares."""

from collections.abc import Mapping
from typing import Any


def declared_variables(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schema of each variable; empty for a template that declares none."""
    schema = template.get("variables")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return {}
    return {name: variable for name, variable in properties.items() if isinstance(variable, dict)}
