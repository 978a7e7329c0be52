"""The event of an operator's override: a run forced into a slot, past every limit."""

from uuid import UUID

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.states import State
from penstock.server.database.orm_models import Event, FlowRun
from penstock.server.events.resources import labels

FORCED_INTO_SLOT = "penstock.flow-run.forced-into-slot"


def override_resource(flow_run_id: UUID) -> str:
    """Return the resource under which the overrides of a run are recorded."""
    return f"penstock.override.{flow_run_id}"


def forced_into_slot(flow_run: FlowRun, state: State) -> Event:
    """Build the event of a run that was forced into a slot; it names the attempt that began so."""
    run = labels("flow-run", flow_run.id, flow_run.name, "flow-run")
    resource_id = override_resource(flow_run.id)
    return Event(
        id=uuid7(),
        occurred=utc_now(),
        event=FORCED_INTO_SLOT,
        resource_id=resource_id,
        resource={"prefect.resource.id": resource_id},
        related=[run],
        payload={"attempt": flow_run.attempt, "state_id": str(state.id), "state_type": state.type.value},
        follows=state.id,
    )
