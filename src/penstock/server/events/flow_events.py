"""Events of flows (orchestration.md 6.2)."""

from typing import Any

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.orm_models import Event, Flow
from penstock.server.events.changes import ChangedFields
from penstock.server.events.resources import labels


def flow_created(flow: Flow) -> Event:
    """Build the event of a new flow."""
    return _event("created", flow, {"name": flow.name, "tags": flow.tags, "labels": flow.labels})


def flow_updated(flow: Flow, changed: ChangedFields) -> Event:
    """Build the event of a changed flow; the payload says from what to what."""
    return _event("updated", flow, {"updated_fields": list(changed), "updates": changed})


def flow_deleted(flow: Flow) -> Event:
    """Build the event of a flow that goes."""
    return _event("deleted", flow, {"name": flow.name, "tags": flow.tags, "labels": flow.labels})


def _event(name: str, flow: Flow, payload: dict[str, Any]) -> Event:
    resource = labels("flow", flow.id, flow.name)
    return Event(
        id=uuid7(),
        occurred=utc_now(),
        event=f"prefect.flow.{name}",
        resource_id=resource["prefect.resource.id"],
        resource=resource,
        related=[],
        payload=payload,
    )
