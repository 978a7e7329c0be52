"""How a task run is retried (orchestration.md 1.11)."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from penstock.schemas.foundations import WireModel
from penstock.schemas.values import LARGEST_INTEGER

Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Seconds = (
    Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
    | Annotated[float, Field(ge=0, le=LARGEST_INTEGER, allow_inf_nan=False)]
)


class TaskRunPolicy(WireModel):
    """Retries of a task run; a list of delays names one for each try, the last for all further ones.

    ``max_retries`` and ``retry_delay_seconds`` are the old names.
    """

    max_retries: Count = 0
    retry_delay_seconds: Annotated[float, Field(ge=0, le=LARGEST_INTEGER, allow_inf_nan=False)] = 0.0
    retries: Count | None = None
    retry_delay: Seconds | Annotated[list[Seconds], Field(max_length=1000)] | None = None
    retry_jitter_factor: Annotated[float, Field(ge=0, le=LARGEST_INTEGER, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _copy_old_names(self) -> Self:
        if self.retries is None and self.max_retries:
            self.retries = self.max_retries
        if self.retry_delay is None and self.retry_delay_seconds:
            self.retry_delay = int(self.retry_delay_seconds)
        return self

    def delay_of_try(self, run_count: int) -> float:
        """Return the seconds to wait after the try of that number failed, without jitter."""
        if not isinstance(self.retry_delay, list):
            return float(self.retry_delay or 0)
        if not self.retry_delay:
            return 0.0
        return float(self.retry_delay[min(max(run_count, 1), len(self.retry_delay)) - 1])
