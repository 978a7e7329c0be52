"""Concurrency limits as answered: with their use at the moment they were read."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from penstock.schemas.responses import (
    ConcurrencyLimit,
    ConcurrencyLimitV2,
    GlobalConcurrencyLimitResponse,
    MinimalConcurrencyLimitResponse,
)
from penstock.server.database import orm_models
from penstock.server.models.concurrency_limits import tag_of, usage_of


def _values(row: orm_models.ConcurrencyLimit) -> dict[str, Any]:
    usage = usage_of(row)
    return {
        "id": row.id,
        "created": row.created,
        "updated": row.updated,
        "active": row.active,
        "name": row.name,
        "limit": row.limit,
        "active_slots": usage.active_slots,
        "denied_slots": usage.denied_slots,
        "slot_decay_per_second": row.slot_decay_per_second,
        "avg_slot_occupancy_seconds": row.avg_slot_occupancy_seconds,
    }


def new_limit(row: orm_models.ConcurrencyLimit) -> ConcurrencyLimitV2:
    """Return a limit with all that is counted of it."""
    return ConcurrencyLimitV2.model_validate(_values(row))


def global_limit(row: orm_models.ConcurrencyLimit) -> GlobalConcurrencyLimitResponse:
    """Return a limit and how much of it is taken."""
    return GlobalConcurrencyLimitResponse.model_validate(_values(row))


def minimal_limits(
    rows: Iterable[orm_models.ConcurrencyLimit], *, as_tags: bool = False
) -> list[MinimalConcurrencyLimitResponse]:
    """Return which limits slots were taken of, by name or by the tags they stand over."""
    return [
        MinimalConcurrencyLimitResponse(id=row.id, name=tag_of(row) if as_tags else row.name, limit=row.limit)
        for row in rows
    ]


def tag_limit(row: orm_models.ConcurrencyLimit, holders: list[UUID]) -> ConcurrencyLimit:
    """Return the limit of a tag and which task runs hold its slots."""
    return ConcurrencyLimit(
        id=row.id,
        created=row.created,
        updated=row.updated,
        tag=tag_of(row),
        concurrency_limit=row.limit,
        active_slots=holders,
    )
