"""Making and changing concurrency limits, and holding their slots (orchestration.md 4.8, 4.9)."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from penstock.schemas.foundations import ActionModel, UpdateModel, WireModel
from penstock.schemas.names import NonEmptyName
from penstock.schemas.values import LARGEST_INTEGER, KeyText, Limit, NotNull

LARGEST_DECAY = 1e9
SHORTEST_LEASE_SECONDS = 60
LONGEST_LEASE_SECONDS = 86_400

SlotCount = Annotated[int, Field(gt=0, le=LARGEST_INTEGER)]
"""How many slots are asked for or given back at once."""

Decay = Annotated[float, Field(ge=0, le=LARGEST_DECAY, allow_inf_nan=False)]
"""How many slots come back by themselves in a second."""

OccupancySeconds = Annotated[float, Field(gt=0, le=LARGEST_DECAY, allow_inf_nan=False)]
"""How long a slot was, or on average is, held."""

LeaseSeconds = Annotated[float, Field(ge=SHORTEST_LEASE_SECONDS, le=LONGEST_LEASE_SECONDS)]
"""How long a lease lasts unless it is renewed."""


class IncrementMode(StrEnum):
    """Slots that are given back, or slots that only come back by decay."""

    CONCURRENCY = "concurrency"
    RATE_LIMIT = "rate_limit"


class ConcurrencyLimitV2Create(ActionModel):
    """A limit to make; one that exists already is a conflict."""

    active: bool = True
    name: NonEmptyName
    limit: Limit
    active_slots: Limit = 0
    denied_slots: Limit = 0
    slot_decay_per_second: Decay = 0.0
    avg_slot_occupancy_seconds: OccupancySeconds = 2.0


class ConcurrencyLimitV2Update(UpdateModel):
    """Changes to a limit. A number of active slots says how many are taken from now on."""

    active: NotNull[bool] = None
    name: NotNull[NonEmptyName] = None
    limit: NotNull[Limit] = None
    active_slots: NotNull[Limit] = None
    denied_slots: NotNull[Limit] = None
    slot_decay_per_second: NotNull[Decay] = None


class ConcurrencyLimitCreate(ActionModel):
    """How many task runs of a tag may run at once; a tag that has a limit gets this one."""

    tag: Annotated[KeyText, StringConstraints(min_length=1)]
    concurrency_limit: Limit


class ConcurrencyLeaseHolder(WireModel):
    """Who holds the slots of a lease."""

    type: Literal["flow_run", "task_run", "deployment"]
    id: UUID
