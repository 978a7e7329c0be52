"""Events of concurrency limits (orchestration.md 6.2)."""

from typing import Literal

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.orm_models import ConcurrencyLimit, Event
from penstock.server.events.resources import labels


def concurrency_limit_changed(
    change: Literal["created", "updated", "deleted"], limit: ConcurrencyLimit
) -> Event:
    """Build the event of a limit that was made, changed or deleted; its payload tells how it is set."""
    resource = labels("concurrency-limit", limit.id, limit.name)
    return Event(
        id=uuid7(),
        occurred=utc_now(),
        event=f"prefect.concurrency-limit.{change}",
        resource_id=resource["prefect.resource.id"],
        resource=resource,
        related=[],
        payload={
            "name": limit.name,
            "active": limit.active,
            "limit": limit.limit,
            "slot_decay_per_second": limit.slot_decay_per_second,
        },
    )
