"""The event of a flow run's new state (orchestration.md 6.1)."""

from datetime import timedelta
from typing import Any

from penstock.schemas.states import State, StateType
from penstock.server.database.orm_models import FlowRun
from penstock.server.events.resources import labels
from penstock.server.events.run_context import RunContext

FOLLOWS_WITHIN = timedelta(minutes=5)
MESSAGE_LIMIT = 100_000
_CREATOR_KINDS = {"DEPLOYMENT": "deployment", "AUTOMATION": "automation"}


def flow_run_state_changed(
    flow_run: FlowRun, before: State | None, state: State, intended_to: StateType, context: RunContext
) -> dict[str, Any]:
    """Return the columns of a written state's event; its id is the state's id."""
    resource = labels("flow-run", flow_run.id, flow_run.name)
    resource |= {
        "prefect.run-count": str(flow_run.run_count),
        "prefect.state-message": (state.message or "")[:MESSAGE_LIMIT],
        "prefect.state-name": state.name,
        "prefect.state-timestamp": state.timestamp.isoformat(),
        "prefect.state-type": state.type.value,
    }
    related = context.related(flow_run.parent_task_run_id, flow_run.tags)
    creator = flow_run.created_by
    if creator is not None and creator.type in _CREATOR_KINDS and creator.id is not None:
        kind = _CREATOR_KINDS[creator.type]
        related.append(labels(kind, creator.id, creator.display_value, "creator"))
    recent = before is not None and state.timestamp - before.timestamp < FOLLOWS_WITHIN
    return {
        "id": state.id,
        "occurred": state.timestamp,
        "event": f"prefect.flow-run.{state.name}",
        "resource_id": resource["prefect.resource.id"],
        "resource": resource,
        "related": related,
        "payload": {
            "intended": {
                "from": before.type.value if before else None,
                "to": intended_to.value,
            },
            "initial_state": _described(before) if before else None,
            "validated_state": _described(state),
        },
        "follows": before.id if before is not None and recent else None,
    }


def _described(state: State) -> dict[str, Any]:
    found: dict[str, Any] = {"type": state.type.value, "name": state.name}
    if state.message is not None:
        found["message"] = state.message[:MESSAGE_LIMIT]
    if state.type is StateType.PAUSED:
        found["pause_reschedule"] = str(state.state_details.pause_reschedule).lower()
    return found
