"""What workers say about themselves."""

from typing import Annotated

from pydantic import AfterValidator, Field

from penstock.schemas.foundations import WireModel
from penstock.schemas.names import refuse_blank
from penstock.schemas.values import LARGEST_INTEGER, KeyText


class WorkerHeartbeat(WireModel):
    """A sign of life. Unknown keys are ignored, as in every body of several arguments."""

    name: Annotated[KeyText, AfterValidator(refuse_blank)]
    heartbeat_interval_seconds: Annotated[int, Field(gt=0, le=LARGEST_INTEGER)] | None = None
