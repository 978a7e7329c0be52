"""Scenes for tests of deployment limits: a deployment with a limit, its runs, and who holds slots."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.core import ConcurrencyOptions
from penstock.schemas.states import Scheduled, State
from penstock.server.database.expressions import seconds_before_now
from penstock.server.database.orm_models import (
    ConcurrencyLease,
    ConcurrencyLimit,
    Deployment,
    FlowRun,
    WorkQueue,
)
from penstock.server.models.concurrency_limits import usage_of
from tests.support.factories import ago, make_deployment, make_run

ENQUEUE = ConcurrencyOptions(collision_strategy="ENQUEUE")
CANCEL_NEW = ConcurrencyOptions(collision_strategy="CANCEL_NEW")


async def limited(
    session: AsyncSession, limit: int = 1, queue: WorkQueue | None = None, **fields: Any
) -> Deployment:
    """Make a deployment with a limit of its own."""
    return await make_deployment(session, queue, concurrency_limit=limit, **fields)


async def run_of(
    session: AsyncSession,
    deployment: Deployment,
    queue: WorkQueue | None = None,
    state: State | None = None,
    **fields: Any,
) -> FlowRun:
    """Make a run of the deployment, due a minute ago."""
    state = state or Scheduled(ago(minutes=1))
    return await make_run(session, queue, state, deployment_id=deployment.id, **fields)


async def in_use(session: AsyncSession, deployment: Deployment) -> int:
    """Return how many slots of the deployment's limit are taken."""
    limit = await session.scalar(
        sa.select(ConcurrencyLimit)
        .where(ConcurrencyLimit.id == deployment.concurrency_limit_id)
        .execution_options(populate_existing=True)
    )
    assert limit is not None
    return usage_of(limit).active_slots


async def lease_of(session: AsyncSession, run: FlowRun) -> ConcurrencyLease | None:
    """Return the lease of the run's slot."""
    return await session.scalar(
        sa.select(ConcurrencyLease)
        .where(ConcurrencyLease.flow_run_id == run.id)
        .execution_options(populate_existing=True)
    )


async def let_expire(session: AsyncSession, lease_id: UUID) -> None:
    """Let a lease have expired a second ago."""
    await session.execute(
        sa.update(ConcurrencyLease)
        .where(ConcurrencyLease.id == lease_id)
        .values(expires_at=seconds_before_now(sa.literal(1.0, sa.Double())))
        .execution_options(synchronize_session=False)
    )
