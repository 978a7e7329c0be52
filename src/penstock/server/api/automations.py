"""Routes of automations, which Penstock does not have, as clients ask for them (orchestration.md 4.12)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from penstock.core.errors import InvalidInputError
from penstock.server.api.errors import not_found
from penstock.server.api.json_requests import JsonRoute

router = APIRouter(prefix="/automations", tags=["Automations"], route_class=JsonRoute)


@router.post("/", status_code=201)
async def create_automation() -> None:
    """Refuse: there are no automations here."""
    raise InvalidInputError("automation", "This server has no automations, so none can be created.")


@router.post("/filter")
async def read_automations() -> list[dict[str, Any]]:
    """Read the automations: there are none."""
    return []


@router.post("/count")
async def count_automations() -> int:
    """Count the automations: there are none."""
    return 0


@router.get("/related-to/{resource_id}")
async def read_automations_related_to(resource_id: str) -> list[dict[str, Any]]:
    """Read the automations about something: there are none."""
    return []


@router.delete("/owned-by/{resource_id}", status_code=202)
async def delete_automations_owned_by(resource_id: str) -> None:
    """Delete the automations that belong to something: there are none, so this is done."""


@router.get("/{automation_id:uuid}")
async def read_automation(automation_id: UUID) -> None:
    """Read an automation: there is none."""
    not_found("Automation not found.")


@router.delete("/{automation_id:uuid}", status_code=204)
async def delete_automation(automation_id: UUID) -> None:
    """Delete an automation: there is none."""
    not_found("Automation not found.")
