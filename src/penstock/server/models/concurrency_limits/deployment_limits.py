"""The limit over a deployment's runs, and whether it is full (orchestration.md 1.9)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.core import ConcurrencyOptions
from penstock.schemas.core.concurrency_options import ConcurrencyLimitStrategy
from penstock.server.database.orm_models import ConcurrencyLimit, Deployment
from penstock.server.models.concurrency_limits.locks import read_limits
from penstock.server.models.concurrency_limits.usage import usage_of

LEASE_SECONDS = 300
"""How long a run may be PENDING, or go without renewing its lease, before its slot is free again."""


@dataclass(frozen=True, slots=True)
class DeploymentLimit:
    """The limit over a deployment's runs, and what becomes of a run that finds it full."""

    limit_id: UUID
    cancels_new: bool = False
    lease_seconds: float = LEASE_SECONDS

    @classmethod
    def of(cls, limit_id: UUID | None, options: ConcurrencyOptions | None) -> "DeploymentLimit | None":
        """Return what a deployment's row says; None for a deployment without a limit."""
        if limit_id is None:
            return None
        if options is None:
            return cls(limit_id)
        cancels_new = options.collision_strategy is ConcurrencyLimitStrategy.CANCEL_NEW
        return cls(limit_id, cancels_new, options.grace_period_seconds or LEASE_SECONDS)


@dataclass(frozen=True, slots=True)
class FullLimit:
    """A limit without a free slot."""

    name: str
    limit: int
    active_slots: int


async def read_full_limit(session: AsyncSession, limit_id: UUID) -> FullLimit | None:
    """Return the limit when it has no free slot now; nothing is locked."""
    of_run = sa.and_(ConcurrencyLimit.id == limit_id, ConcurrencyLimit.active)
    full = [limit for limit in await read_limits(session, of_run) if usage_of(limit).free < 1]
    return full_limit(full[0]) if full else None


async def read_cancelling_deployments(
    session: AsyncSession, deployment_ids: Iterable[UUID | None]
) -> set[UUID]:
    """Return those of the deployments that have no free slot and cancel runs that find none."""
    rows = await session.execute(
        sa.select(Deployment.id, Deployment.concurrency_limit_id, Deployment.concurrency_options).where(
            Deployment.id.in_([one for one in deployment_ids if one is not None]),
            Deployment.concurrency_limit_id.is_not(None),
        )
    )
    limits = {
        deployment_id: DeploymentLimit.of(limit_id, options) for deployment_id, limit_id, options in rows
    }
    over = {one: limit.limit_id for one, limit in limits.items() if limit is not None and limit.cancels_new}
    if not over:
        return set()
    chosen = sa.and_(ConcurrencyLimit.id.in_(set(over.values())), ConcurrencyLimit.active)
    full = {limit.id for limit in await read_limits(session, chosen) if usage_of(limit).free < 1}
    return {deployment_id for deployment_id, limit_id in over.items() if limit_id in full}


def full_limit(limit: ConcurrencyLimit) -> FullLimit:
    """Return the facts of a limit without a free slot."""
    return FullLimit(limit.name, limit.limit, usage_of(limit).active_slots)
