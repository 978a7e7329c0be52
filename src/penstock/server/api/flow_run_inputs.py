"""Routes of what runs are told while they wait (orchestration.md 4.10)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import Field, StringConstraints, TypeAdapter

from penstock.schemas.core import FlowRunInput
from penstock.schemas.filters.operators import AnyOf
from penstock.schemas.lists import list_of
from penstock.schemas.values import LARGEST_INTEGER, Text
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found, unless_taken
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.models import flow_run_inputs, flow_runs

router = APIRouter(prefix="/flow_runs", tags=["Flow run inputs"], route_class=JsonRoute)

INPUTS = list_of(FlowRunInput)
NOTHING = TypeAdapter(None)

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=500)]


@router.post("/{flow_run_id:uuid}/input", status_code=201, response_model=None)
async def create_flow_run_input(
    flow_run_id: UUID,
    key: Annotated[Key, Body(description="Letters, digits, dashes and underscores.")],
    value: Annotated[Text, Body()],
    db: Database,
    sender: Annotated[Text | None, Body()] = None,
) -> Response:
    """Keep a text under a new key of a run."""
    async with db.session_context(begin_transaction=True) as session:
        if await flow_runs.read_flow_run(session=session, flow_run_id=flow_run_id) is None:
            not_found("Flow run not found")
        with unless_taken("The flow run's input", key):
            await flow_run_inputs.create_flow_run_input(
                session=session, flow_run_id=flow_run_id, key=key, value=value, sender=sender
            )
    return json_answer(NOTHING, None, status_code=201)


@router.post("/{flow_run_id:uuid}/input/filter", response_model=list[FlowRunInput])
async def read_flow_run_inputs(
    flow_run_id: UUID,
    prefix: Annotated[Text, Body()],
    db: Database,
    limit: Annotated[Annotated[int, Field(ge=0, le=LARGEST_INTEGER)], Body()] = 1,
    exclude_keys: Annotated[AnyOf[Text] | None, Body()] = None,
) -> Response:
    """Read the inputs of a run whose keys begin with ``prefix``, the oldest first."""
    async with db.session_context() as session:
        rows = await flow_run_inputs.read_flow_run_inputs(
            session=session,
            flow_run_id=flow_run_id,
            prefix=prefix,
            exclude_keys=exclude_keys or (),
            limit=limit,
        )
    return json_answer(INPUTS, [FlowRunInput.model_validate(row) for row in rows])


@router.get("/{flow_run_id:uuid}/input/{key}", response_model=None)
async def read_flow_run_input(flow_run_id: UUID, key: str, db: Database) -> Response:
    """Read what is under a key of a run, as plain text."""
    async with db.session_context() as session:
        row = await flow_run_inputs.read_flow_run_input(session=session, flow_run_id=flow_run_id, key=key)
    if row is None:
        not_found("Flow run input not found")
    return Response(row.value, media_type="text/plain")


@router.delete("/{flow_run_id:uuid}/input/{key}", status_code=204)
async def delete_flow_run_input(flow_run_id: UUID, key: str, db: Database) -> Response:
    """Delete what is under a key of a run."""
    async with db.session_context(begin_transaction=True) as session:
        deleted = await flow_run_inputs.delete_flow_run_input(
            session=session, flow_run_id=flow_run_id, key=key
        )
    if not deleted:
        not_found("Flow run input not found")
    return no_content()
