"""Events of things that are created, updated and deleted under a name (orchestration.md 6.2)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.orm_models import Event
from penstock.server.events.resources import Labels, labels


def named_object_event(
    kind: str,
    action: str,
    object_id: UUID,
    name: str | None,
    payload: dict[str, Any],
    related: Iterable[Labels] = (),
) -> Event:
    """Build ``prefect.<kind>.<action>``; the resource carries no role."""
    resource = labels(kind, object_id, name)
    return Event(
        id=uuid7(),
        occurred=utc_now(),
        event=f"prefect.{kind}.{action}",
        resource_id=resource["prefect.resource.id"],
        resource=resource,
        related=list(related),
        payload=payload,
    )
