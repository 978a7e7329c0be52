"""Flows."""

from pydantic import Field

from penstock.schemas.foundations import RecordModel
from penstock.schemas.names import Name
from penstock.schemas.values import Label


class Flow(RecordModel):
    """A named piece of work; the name is unique."""

    name: Name
    tags: list[str] = Field(default_factory=list)
    labels: dict[str, Label] | None = Field(default_factory=dict)
