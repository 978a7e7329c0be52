"""The keyword ``uniqueItems``; the library compares objects and mixed items each with each."""

from collections.abc import Hashable, Iterator
from typing import Any

from jsonschema import ValidationError


def unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """No two items are equal, as JSON is: 1 and 1.0 are, 1 and true are not."""
    if not wanted or not validator.is_type(instance, "array"):
        return
    if len({_identity(item) for item in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def _identity(value: Any) -> Hashable:
    """Return what two values have in common if and only if they are equal."""
    if isinstance(value, dict):
        return dict, frozenset((key, _identity(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return list, tuple(_identity(item) for item in value)
    return isinstance(value, bool), value
