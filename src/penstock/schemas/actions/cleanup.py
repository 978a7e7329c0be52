"""What workers say about infrastructure they are asked to tear down."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from penstock.schemas.foundations import WireModel
from penstock.schemas.names import refuse_blank
from penstock.schemas.values import Text

LONGEST_DETAIL = 2000
Names = Annotated[list[Annotated[Text, AfterValidator(refuse_blank)]], Field(min_length=1, max_length=20)]


class CleanupClaim(WireModel):
    """A worker asks for infrastructure of its own machine, known by these names, to tear down."""

    worker_name: Annotated[Text, AfterValidator(refuse_blank)]
    hosts: Names
    kinds: Names
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class CleanupOutcome(StrEnum):
    """What became of it: it is not there any more, or it could not be ended."""

    DONE = "done"
    FAILED = "failed"


class CleanupSettlement(WireModel):
    """What became of a piece of cleanup; ``detail`` is a sentence for the person who looks after it."""

    token: Text
    outcome: CleanupOutcome
    detail: Annotated[Text, Field(max_length=LONGEST_DETAIL)] | None = None
