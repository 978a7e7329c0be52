"""Saved searches."""

from typing import Any

from pydantic import Field

from penstock.schemas.foundations import RecordModel, WireModel
from penstock.schemas.values import JsonValue, Text


class SavedSearchFilter(WireModel):
    """One filter of a saved search; nobody but its owner interprets it."""

    object: Text
    property: Text
    type: Text
    operation: Text
    value: JsonValue


class SavedSearch(RecordModel):
    """A named list of filters."""

    name: str
    filters: list[dict[str, Any]] = Field(default_factory=list)
