"""The kinds of model every schema is one of, and what each does with unknown keys."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from penstock.core.ids import uuid7
from penstock.schemas.timestamps import Timestamp


class WireModel(BaseModel):
    """Ignores unknown keys and reads attributes as well as keys."""

    model_config = ConfigDict(extra="ignore", from_attributes=True, ser_json_timedelta="float")


class ActionModel(BaseModel):
    """A request to change something; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", ser_json_timedelta="float")

    def set_fields(self) -> dict[str, Any]:
        """Return the fields the caller gave, in the order of the schema, values unconverted."""
        given = self.model_fields_set
        return {name: getattr(self, name) for name in type(self).model_fields if name in given}


class UpdateModel(ActionModel):
    """A partial change: a key that is left out leaves its value alone."""


class FilterModel(BaseModel):
    """A choice of rows; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid")


class RecordModel(WireModel):
    """Something stored: it has an id and knows when it was made and last changed."""

    id: UUID = Field(default_factory=uuid7)
    created: Timestamp | None = None
    updated: Timestamp | None = None
