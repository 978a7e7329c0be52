"""What is said about deployments that change (orchestration.md 6.2)."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.actions import DeploymentCreate
from penstock.server.models import deployments
from tests.support.factories import default_queue, event_names, last_event, make_deployment, make_pool


async def update(session: AsyncSession, deployment: Any, **values: Any) -> None:
    await deployments.update_deployment(session=session, deployment_id=deployment.id, values=values)


async def test_a_change_is_told_with_what_changed(session: AsyncSession) -> None:
    pool = await make_pool(session)
    deployment = await make_deployment(session, await default_queue(session, pool), tags=["a"])

    await update(session, deployment, tags=["b"], description="new", version=None)

    event = await last_event(session, "prefect.deployment.updated")
    assert event.resource_id == f"prefect.deployment.{deployment.id}"
    assert event.payload == {
        "updated_fields": ["description", "tags"],
        "updates": {
            "description": {"from": None, "to": "new"},
            "tags": {"from": ["a"], "to": ["b"]},
        },
    }
    roles = [one["prefect.resource.role"] for one in event.related]
    assert roles == ["flow", "work-queue", "work-pool"]


async def test_no_change_is_not_told(session: AsyncSession) -> None:
    deployment = await make_deployment(session, tags=["a"])

    await update(session, deployment, tags=["a"], job_variables={})

    assert await event_names(session, "prefect.deployment.") == ["deployment.created"]


async def test_deploying_again_tells_what_changed(session: AsyncSession) -> None:
    deployment = await make_deployment(session, name="again")
    for entrypoint in ("flow.py:main", "flow.py:main", "flow.py:other"):
        await deployments.create_deployment(
            session=session,
            deployment=DeploymentCreate(name="again", flow_id=deployment.flow_id, entrypoint=entrypoint),
        )

    assert await event_names(session, "prefect.deployment.") == [
        "deployment.created",
        "deployment.updated",
        "deployment.updated",
    ]


@pytest.mark.parametrize("paused", [True, False])
async def test_pausing_is_a_change(session: AsyncSession, paused: bool) -> None:
    deployment = await make_deployment(session, paused=not paused)

    await deployments.set_deployment_paused(session=session, deployment_id=deployment.id, paused=paused)

    event = await last_event(session, "prefect.deployment.updated")
    assert event.payload["updates"] == {"paused": {"from": not paused, "to": paused}}
