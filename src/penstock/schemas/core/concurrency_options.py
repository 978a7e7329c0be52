"""What a deployment does with a run for which there is no slot."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from penstock.schemas.foundations import WireModel


class ConcurrencyLimitStrategy(StrEnum):
    """Wait for a slot, or cancel the run that found none."""

    ENQUEUE = "ENQUEUE"
    CANCEL_NEW = "CANCEL_NEW"


class ConcurrencyOptions(WireModel):
    """How the limit of a deployment is applied."""

    collision_strategy: ConcurrencyLimitStrategy
    grace_period_seconds: Annotated[int, Field(ge=60, le=86_400)] | None = None
