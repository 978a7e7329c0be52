"""When null is accepted besides what a property's schema says."""

from collections.abc import Callable
from typing import Any

NullRule = Callable[[dict[str, Any]], bool]


def null_where_default(subschema: dict[str, Any]) -> bool:
    """Null stands for "use the default"."""
    return "default" in subschema


def null_where_default_is_null(subschema: dict[str, Any]) -> bool:
    """Null is what the value would be anyway."""
    return "default" in subschema and subschema["default"] is None
