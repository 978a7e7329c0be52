"""How a flow run is retried and paused (orchestration.md 1.8)."""

from typing import Annotated, Literal, Self

from pydantic import Field, PlainSerializer, model_validator

from penstock.schemas.foundations import WireModel
from penstock.schemas.values import LARGEST_INTEGER, Text

Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
PauseKeys = Annotated[set[Text], PlainSerializer(sorted, return_type=list[str], when_used="json")]


class FlowRunPolicy(WireModel):
    """Retries of a run, in whole seconds; ``max_retries`` and ``retry_delay_seconds`` are the old names."""

    max_retries: Count = 0
    retry_delay_seconds: Annotated[float, Field(ge=0, le=LARGEST_INTEGER, allow_inf_nan=False)] = 0.0
    retries: Count | None = None
    retry_delay: Count | None = None
    pause_keys: PauseKeys | None = Field(default_factory=set)
    resuming: bool | None = False
    retry_type: Literal["in_process", "reschedule"] | None = None

    @model_validator(mode="after")
    def _copy_old_names(self) -> Self:
        if self.retries is None and self.max_retries:
            self.retries = self.max_retries
        if self.retry_delay is None and self.retry_delay_seconds:
            self.retry_delay = int(self.retry_delay_seconds)
        return self
