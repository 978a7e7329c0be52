"""Short ways to report events and to read them from a relay."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.core import Event
from penstock.server.database import DBInterface
from penstock.server.models import events


def make_event(
    name: str = "test.happened",
    resource: str = "test.thing",
    *,
    occurred: datetime | None = None,
    labels: dict[str, str] | None = None,
    related: list[dict[str, str]] | None = None,
    payload: dict[str, Any] | None = None,
    id: UUID | None = None,
) -> Event:
    """Return an event as a client would report it."""
    return Event(
        id=id or uuid7(),
        occurred=occurred or utc_now(),
        event=name,
        resource={"prefect.resource.id": resource, **(labels or {})},
        related=related or [],
        payload=payload or {},
    )


def related_to(resource_id: str, role: str = "thing", **labels: str) -> dict[str, str]:
    """Return a related resource."""
    return {"prefect.resource.id": resource_id, "prefect.resource.role": role, **labels}


async def report(db: DBInterface, *reported: Event) -> None:
    """Write events in a transaction of their own."""
    async with db.session_context(begin_transaction=True) as session:
        await events.create_events(session=session, events=reported)


@asynccontextmanager
async def rolled_back(db: DBInterface) -> AsyncIterator[AsyncSession]:
    """Open a transaction that is rolled back at the end."""
    with suppress(_AbandonError):
        async with db.session_context(begin_transaction=True) as session:
            yield session
            raise _AbandonError


class _AbandonError(Exception):
    """Ends a transaction without a commit."""


async def within(seconds: float, waiting: Any) -> Any:
    """Await something, for so long at most."""
    async with asyncio.timeout(seconds):
        return await waiting


def task_run_event(
    state: str = "Running",
    *,
    flow_run_id: UUID | None,
    task_run_id: UUID | None = None,
    occurred: datetime | None = None,
    state_type: str | None = None,
    **task_run: Any,
) -> Event:
    """Return an event by which an engine reports a task run in a state."""
    task_run_id = task_run_id or uuid4()
    related = [] if flow_run_id is None else [related_to(f"prefect.flow-run.{flow_run_id}", "flow-run")]
    return make_event(
        f"prefect.task-run.{state}",
        f"prefect.task-run.{task_run_id}",
        occurred=occurred,
        labels={"prefect.orchestration": "client", "prefect.resource.name": "task"},
        related=related,
        payload={
            "intended": {"from": None, "to": state_type or state.upper()},
            "initial_state": None,
            "validated_state": {
                "type": state_type or state.upper(),
                "name": state,
                "message": "",
                "state_details": {"deferred": False},
                "data": None,
            },
            "task_run": {
                "name": "task-1",
                "task_key": "task-abc",
                "dynamic_key": str(task_run_id),
                "tags": ["t"],
                "run_count": 1,
                **task_run,
            },
        },
    )
