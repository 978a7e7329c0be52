"""Making and changing flows."""

from pydantic import Field

from penstock.schemas.foundations import ActionModel, UpdateModel
from penstock.schemas.names import Name
from penstock.schemas.values import Labels, Text


class FlowCreate(ActionModel):
    """A flow to make, or to find when the name is taken."""

    name: Name
    tags: list[Text] = Field(default_factory=list)
    labels: Labels = Field(default_factory=dict)


class FlowUpdate(UpdateModel):
    """Changes to a flow."""

    tags: list[Text] = Field(default_factory=list)
