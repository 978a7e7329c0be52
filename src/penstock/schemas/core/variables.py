"""Variables: named values that flows and job templates read."""

from typing import Any

from pydantic import Field

from penstock.schemas.foundations import RecordModel


class Variable(RecordModel):
    """A JSON value under a name."""

    name: str
    value: Any = None
    tags: list[str] = Field(default_factory=list)
