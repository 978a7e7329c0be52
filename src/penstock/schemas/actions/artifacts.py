"""Making and changing artifacts."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, StringConstraints

from penstock.schemas.foundations import ActionModel, UpdateModel
from penstock.schemas.values import JsonValue, Text, refuse_long_key

LONGEST_METADATA = 500


def _shorten(metadata: dict[str, str]) -> dict[str, str]:
    return {
        key: value if len(value) <= LONGEST_METADATA else value[:LONGEST_METADATA] + "..."
        for key, value in metadata.items()
    }


Metadata = Annotated[dict[Text, Text], AfterValidator(_shorten)]
"""Texts by name; what is longer than 500 characters is cut."""

ArtifactKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$"), AfterValidator(refuse_long_key)]
"""Lower-case letters, digits and dashes: keys stand in URLs."""


class ArtifactCreate(ActionModel):
    """A new artifact; with a key it is the newest of that key."""

    key: ArtifactKey | None = None
    type: Text | None = None
    description: Text | None = None
    data: JsonValue = None
    metadata_: Metadata | None = None
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None


class ArtifactUpdate(UpdateModel):
    """Changes to what an artifact says."""

    data: JsonValue = None
    description: Text | None = None
    metadata_: Metadata | None = None
