"""Resuming a paused or suspended run, with what it was waiting to be told (orchestration.md 1.7)."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.errors import ObjectNotFoundError
from penstock.core.states import StateName, StateType
from penstock.schemas.hydration import HydrationError
from penstock.schemas.json_schemas import InvalidSchemaError
from penstock.schemas.parameters import InvalidParametersError, check_parameters
from penstock.schemas.responses import OrchestrationResult, SetStateStatus, StateAbortDetails
from penstock.schemas.states import Running, Scheduled, State
from penstock.server.database import DBInterface, db_injector
from penstock.server.models import flow_run_inputs, flow_runs
from penstock.server.models.hydration import hydrate_parameters
from penstock.server.orchestration.set_state import set_flow_run_state


class _InputRefusedError(Exception):
    """What the run was told is not what it asked for."""


@db_injector
async def resume_flow_run(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID, run_input: dict[str, Any] | None = None
) -> OrchestrationResult:
    """Let a paused run go on: a suspended one is scheduled for now, another one runs.

    A run that asked for input is given it when it fits the schema the run left under
    ``run_input_keyset["schema"]``; what does not fit is answered REJECT and the run stays paused.

    Raises:
        ObjectNotFoundError: there is no such run.
    """
    run = await flow_runs.read_flow_run(session=session, flow_run_id=flow_run_id, for_update=True)
    if run is None:
        raise ObjectNotFoundError("Flow run", flow_run_id)
    paused = run.state
    if paused is None or paused.type is not StateType.PAUSED:
        return _refused(SetStateStatus.ABORT, None, "Only a paused run can be resumed.")
    keys = paused.state_details.run_input_keyset
    checked: dict[str, Any] | None = None
    if keys:
        try:
            checked = await _check_input(session, flow_run_id, keys, run_input or {})
        except _InputRefusedError as error:
            return _refused(SetStateStatus.REJECT, paused, str(error))
    result = await set_flow_run_state(session=session, flow_run_id=flow_run_id, state=_next_state(paused))
    if keys and "response" in keys and result.status is SetStateStatus.ACCEPT:
        await flow_run_inputs.write_flow_run_input(
            session=session, flow_run_id=flow_run_id, key=keys["response"], value=json.dumps(checked)
        )
    return result


def _next_state(paused: State) -> State:
    if paused.state_details.pause_reschedule:
        return Scheduled(utc_now(), name=StateName.RESUMING)
    return Running()


async def _check_input(
    session: AsyncSession, flow_run_id: UUID, keys: dict[str, str], run_input: dict[str, Any]
) -> dict[str, Any]:
    """Return the input with its values worked out, after checking it against the run's schema."""
    try:
        given = await hydrate_parameters(session=session, parameters=run_input)
    except HydrationError as error:
        raise _InputRefusedError(str(error)) from None
    stored = None
    if "schema" in keys:
        stored = await flow_run_inputs.read_flow_run_input(
            session=session, flow_run_id=flow_run_id, key=keys["schema"]
        )
    if stored is None:
        raise _InputRefusedError("The run asks for input, but its schema is not there.")
    try:
        schema = json.loads(stored.value)
    except ValueError:
        schema = None
    if not isinstance(schema, dict):
        raise _InputRefusedError("The schema of the input the run asks for cannot be read.")
    try:
        check_parameters(given, schema)
    except (InvalidParametersError, InvalidSchemaError) as error:
        raise _InputRefusedError(f"The input does not fit: {error.reason}") from None
    return given


def _refused(status: SetStateStatus, state: State | None, reason: str) -> OrchestrationResult:
    return OrchestrationResult(state=state, status=status, details=StateAbortDetails(reason=reason))
