"""Concurrency limits as answered (orchestration.md 4.8, 4.9)."""

from uuid import UUID

from penstock.schemas.foundations import RecordModel, WireModel


class GlobalConcurrencyLimitResponse(RecordModel):
    """A named limit and how much of it is taken."""

    active: bool = True
    name: str
    limit: int
    active_slots: int
    slot_decay_per_second: float = 2.0


class ConcurrencyLimitV2(RecordModel):
    """A named limit with all that is counted of it."""

    active: bool = True
    name: str
    limit: int
    active_slots: int = 0
    denied_slots: int = 0
    slot_decay_per_second: float = 0.0
    avg_slot_occupancy_seconds: float = 2.0


class MinimalConcurrencyLimitResponse(WireModel):
    """A limit of which slots were taken or given back."""

    id: UUID
    name: str
    limit: int


class ConcurrencyLimitWithLeaseResponse(WireModel):
    """The lease that holds the slots, and of which limits they are."""

    lease_id: UUID
    limits: list[MinimalConcurrencyLimitResponse]


class ConcurrencyLimit(RecordModel):
    """The limit of a tag and the task runs that hold its slots, the longest holder first."""

    tag: str
    concurrency_limit: int
    active_slots: list[UUID]
