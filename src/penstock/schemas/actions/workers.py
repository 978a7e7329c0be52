"""What workers say about themselves."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from penstock.schemas.foundations import WireModel
from penstock.schemas.names import refuse_blank
from penstock.schemas.values import LARGEST_INTEGER, KeyText

MOST_ATTEMPTS = 1000


class WorkerHeartbeat(WireModel):
    """A sign of life. Unknown keys are ignored, as in every body of several arguments."""

    name: Annotated[KeyText, AfterValidator(refuse_blank)]
    heartbeat_interval_seconds: Annotated[int, Field(gt=0, le=LARGEST_INTEGER)] | None = None


class HeldAttempt(WireModel):
    """A run that a worker is at, and the attempt it was given."""

    flow_run_id: UUID
    attempt: Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]


class AttemptRenewal(WireModel):
    """A worker's sign of life for itself and for the runs it is at."""

    worker_name: Annotated[KeyText, AfterValidator(refuse_blank)]
    attempts: Annotated[list[HeldAttempt], Field(max_length=MOST_ATTEMPTS)] = Field(default_factory=list)
    heartbeat_interval_seconds: Annotated[int, Field(gt=0, le=LARGEST_INTEGER)] | None = None
