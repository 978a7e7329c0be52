"""What workers send."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from penstock.schemas.foundations import LateModel
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import LARGEST_INTEGER, JsonObject, KeyText, Text
from penstock.schemas.worker_channel.capabilities import CLEANUP_DELIVERY, REQUIRED_CAPABILITIES

Word = Annotated[Text, Field(min_length=1)]
Name = Annotated[KeyText, Field(min_length=1)]
Seconds = Annotated[int, Field(gt=0, le=LARGEST_INTEGER)]


class _Strict(LateModel):
    model_config = ConfigDict(extra="forbid")


class Frame(_Strict):
    """The envelope of every frame after the authentication."""

    type: str
    id: UUID
    sent_at: Timestamp
    payload: dict[str, Any]


class HelloPayload(_Strict):
    """Who the worker is, what it can do, and what it works for."""

    consumer_id: UUID
    worker_name: Name
    worker_type: Name
    heartbeat_interval_seconds: Seconds
    supported_channel_versions: Annotated[list[Word], Field(min_length=1)]
    requested_capabilities: Annotated[list[Word], Field(min_length=1)]
    work_queue_names: Annotated[list[Word], Field(max_length=1000)] = Field(default_factory=list)
    handled_cleanup_kinds: Annotated[list[Word], Field(max_length=100)] = Field(default_factory=list)
    max_cleanup_concurrency: Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] = 0
    create_pool_if_not_found: bool = False
    default_base_job_template: JsonObject = Field(default_factory=dict)
    worker_metadata: JsonObject | None = None

    @property
    def asks_for_cleanup(self) -> bool:
        """Whether the worker wants to be handed cleanup."""
        return CLEANUP_DELIVERY in self.requested_capabilities

    @model_validator(mode="after")
    def _check_capabilities(self) -> Self:
        missing = [name for name in REQUIRED_CAPABILITIES if name not in self.requested_capabilities]
        if missing:
            raise ValueError(f"A worker must ask for {' and '.join(missing)}.")
        if not self.asks_for_cleanup and (self.handled_cleanup_kinds or self.max_cleanup_concurrency):
            raise ValueError(f"Cleanup needs the capability {CLEANUP_DELIVERY}.")
        if self.handled_cleanup_kinds and "max_cleanup_concurrency" not in self.model_fields_set:
            self.max_cleanup_concurrency = 1
        return self


class HeartbeatPayload(_Strict):
    """A sign of life of the worker that said hello."""

    consumer_id: UUID
    worker_name: Name
    heartbeat_interval_seconds: Seconds


class CleanupOperationPayload(_Strict):
    """Which message is done, or is still being worked on."""

    message_id: UUID
    reservation_token: Word


class CleanupReleasePayload(CleanupOperationPayload):
    """Which message is given back, and why."""

    reason: Word
