"""The kinds of model every schema is one of, and what each does with unknown keys."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from penstock.core.ids import uuid7
from penstock.schemas.timestamps import Timestamp

_UNDER_WAY: set[type[BaseModel]] = set()


class LateModel(BaseModel):
    """Its validator is made when the first value comes, and those of the models in it before.

    A server is asked for few of some two hundred models. Pydantic alone would make what is not made
    yet anew in every model it is part of: three times the memory once all are used.
    """

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """Return the core schema, of a model that is complete."""
        if not cls.__pydantic_complete__ and cls not in _UNDER_WAY:
            _UNDER_WAY.add(cls)
            try:
                cls.model_rebuild(_types_namespace={})
            finally:
                _UNDER_WAY.discard(cls)
        return handler(source)


class WireModel(LateModel):
    """Ignores unknown keys and reads attributes as well as keys."""

    model_config = ConfigDict(extra="ignore", from_attributes=True, ser_json_timedelta="float")


class ActionModel(LateModel):
    """A request to change something; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", ser_json_timedelta="float")

    def set_fields(self) -> dict[str, Any]:
        """Return the fields the caller gave, in the order of the schema, values unconverted."""
        given = self.model_fields_set
        return {name: getattr(self, name) for name in type(self).model_fields if name in given}


class UpdateModel(ActionModel):
    """A partial change: a key that is left out leaves its value alone."""


class FilterModel(LateModel):
    """A choice of rows; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid")


class RecordModel(WireModel):
    """Something stored: it has an id and knows when it was made and last changed."""

    id: UUID = Field(default_factory=uuid7)
    created: Timestamp | None = None
    updated: Timestamp | None = None
