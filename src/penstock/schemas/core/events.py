"""Events: something happened to a resource (orchestration.md 4.2)."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import JsonObject, KeyText, Text, refuse_long_key

RESOURCE_ID = "prefect.resource.id"
RESOURCE_NAME = "prefect.resource.name"
RESOURCE_ROLE = "prefect.resource.role"
STATE_MESSAGE = "prefect.state-message"

MOST_LABELS = 500
MOST_RELATED = 100
LARGEST_EVENT_BYTES = 1_500_000
LONGEST_NAME = 1024


def _null_message_as_empty(value: Any) -> Any:
    if isinstance(value, dict) and value.get(STATE_MESSAGE, "") is None:
        return {**value, STATE_MESSAGE: ""}
    return value


def _require_id(labels: dict[str, str]) -> dict[str, str]:
    if not labels.get(RESOURCE_ID):
        raise ValueError(f"A resource needs a label '{RESOURCE_ID}' that is not empty.")
    return labels


def _limit_id(labels: dict[str, str]) -> dict[str, str]:
    refuse_long_key(labels[RESOURCE_ID])
    return labels


def _require_role(labels: dict[str, str]) -> dict[str, str]:
    if not labels.get(RESOURCE_ROLE):
        raise ValueError(f"A related resource needs a label '{RESOURCE_ROLE}' that is not empty.")
    return labels


Resource = Annotated[
    dict[Text, Text],
    Field(max_length=MOST_LABELS),
    BeforeValidator(_null_message_as_empty),
    AfterValidator(_require_id),
    AfterValidator(_limit_id),
]
"""What an event is about, as labels."""

RelatedResource = Annotated[Resource, AfterValidator(_require_role)]
"""What else an event has to do with, and in which role."""


class Event(WireModel):
    """One thing that happened, as clients report it."""

    occurred: Timestamp
    event: Annotated[KeyText, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
    resource: Resource
    related: Annotated[list[RelatedResource], Field(max_length=MOST_RELATED)] = Field(default_factory=list)
    payload: JsonObject = Field(default_factory=dict)
    id: UUID = Field(default_factory=uuid7)
    follows: UUID | None = None

    @property
    def resource_id(self) -> str:
        """The id of the resource the event is about."""
        return self.resource[RESOURCE_ID]


class ReceivedEvent(WireModel):
    """An event as it is kept. What is stored is not judged again."""

    occurred: Timestamp
    event: str
    resource: dict[str, str | None]
    related: list[dict[str, str | None]] = Field(default_factory=list)
    payload: dict[str, Any] = Field(default_factory=dict)
    id: UUID
    follows: UUID | None = None
    received: Annotated[Timestamp, Field(default_factory=utc_now)]

    @property
    def resource_ids(self) -> set[str]:
        """The ids of all resources that the event names."""
        ids = {self.resource.get(RESOURCE_ID), *(one.get(RESOURCE_ID) for one in self.related)}
        return {one for one in ids if one}
