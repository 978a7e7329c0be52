"""Which fields an update really changed."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

ChangedFields = dict[str, dict[str, Any]]


def changed_fields(
    fields: Iterable[str], before: Mapping[str, Any], after: Mapping[str, Any]
) -> ChangedFields:
    """Return ``{field: {"from": old, "to": new}}`` for the fields that differ, in the given order."""
    return {
        field: {"from": _plain(before[field]), "to": _plain(after[field])}
        for field in fields
        if field in after and before[field] != after[field]
    }


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
