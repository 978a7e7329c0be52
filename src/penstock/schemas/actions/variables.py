"""Making and changing variables."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from penstock.schemas.foundations import ActionModel, UpdateModel
from penstock.schemas.values import JsonValue, NotNull, Text

LONGEST_VALUE = 5000


def _refuse_long_value(value: Any) -> Any:
    if len(json.dumps(value)) > LONGEST_VALUE:
        raise ValueError(f"The value of a variable has at most {LONGEST_VALUE} characters as JSON.")
    return value


VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+$", max_length=255)]
"""Lower-case letters, digits, dashes and underscores: names stand in URLs."""

VariableValue = Annotated[JsonValue, AfterValidator(_refuse_long_value)]


class VariableCreate(ActionModel):
    """A new variable."""

    name: VariableName
    value: VariableValue
    tags: list[Text] = Field(default_factory=list)


class VariableUpdate(UpdateModel):
    """Changes to a variable. Its value may become null, its name and its tags may not."""

    name: NotNull[VariableName] = None
    value: VariableValue = None
    tags: NotNull[list[Text]] = None
