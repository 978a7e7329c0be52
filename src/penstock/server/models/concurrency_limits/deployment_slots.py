"""The slot a run takes of its deployment's limit (orchestration.md 1.9).

It is a lease that names the run, so that there is one at the most, and it goes with the run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.core import ConcurrencyOptions
from penstock.schemas.core.concurrency_options import ConcurrencyLimitStrategy
from penstock.server.database.expressions import seconds_from_now
from penstock.server.database.orm_models import (
    CONCURRENCY_LEASE_LIMIT,
    ConcurrencyLease,
    ConcurrencyLimit,
    Deployment,
    FlowRun,
)
from penstock.server.database.states import holds_queue_slot, retries_in_process
from penstock.server.models.concurrency_limits.increments import find_full
from penstock.server.models.concurrency_limits.leases import (
    Account,
    Lease,
    end_leases,
    hold,
    lend,
    write_leases,
)
from penstock.server.models.concurrency_limits.locks import lock_limits, read_limits
from penstock.server.models.concurrency_limits.usage import usage_of

LEASE_SECONDS = 300
"""How long a run may be PENDING, or go without renewing its lease, before its slot is free again."""

_held = CONCURRENCY_LEASE_LIMIT.c


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


async def take_deployment_slot(
    session: AsyncSession, flow_run_id: UUID, limit_id: UUID, seconds: float | None
) -> UUID | FullLimit | None:
    """Lock the limit and take a slot of it for the run; returns the lease, or that there is no slot.

    None when the limit is gone or not active: nothing is taken then. The lease a run has kept
    through a pause is the one it gets again.

    Args:
        seconds: how long the slot is kept without a renewal; None: as long as the run needs it.
    """
    of_run = sa.and_(ConcurrencyLimit.id == limit_id, ConcurrencyLimit.active)
    limits = await lock_limits(session, of_run)
    limits, full = await find_full(session, limits, slots=1)
    if not limits:
        return None
    if full:
        return full_limit(full[0])
    lease_id = await keep_deployment_slot(session, flow_run_id, seconds)
    if lease_id is None:
        return await lend(session, limits, lease_of_run(flow_run_id, seconds))
    await session.execute(sa.delete(CONCURRENCY_LEASE_LIMIT).where(_held.lease_id == lease_id))
    await hold(session, limits, [lease_id], slots=1)
    return lease_id


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


def lease_of_run(flow_run_id: UUID, seconds: float | None) -> Lease:
    """Return the lease by which a run holds its slot."""
    return Lease(1, seconds, holder_type="flow_run", holder_id=flow_run_id, flow_run_id=flow_run_id)


async def lend_deployment_slots(
    session: AsyncSession, lendings: Sequence[tuple[UUID, ConcurrencyLimit, float]]
) -> dict[UUID, UUID]:
    """Give runs their slots of locked limits that have them, in few statements.

    Args:
        lendings: run, limit, and for how many seconds the slot is kept without a renewal.

    Returns:
        The leases, by run.
    """
    if not lendings:
        return {}
    run_ids = [run_id for run_id, _, _ in lendings]
    await session.execute(
        sa.delete(ConcurrencyLease)
        .where(ConcurrencyLease.flow_run_id.in_(run_ids))
        .execution_options(synchronize_session=False)
    )
    written = await write_leases(session, [lease_of_run(run_id, seconds) for run_id, _, seconds in lendings])
    leases = dict(zip(run_ids, written, strict=True))
    for limit in {limit.id: limit for _, limit, _ in lendings}.values():
        of_limit = [leases[run_id] for run_id, over, _ in lendings if over.id == limit.id]
        await hold(session, [limit], of_limit, slots=1)
    return leases


async def keep_deployment_slot(
    session: AsyncSession, flow_run_id: UUID, seconds: float | None
) -> UUID | None:
    """Let the run's lease last for so many seconds from now, or as long as the run needs it.

    Returns the lease; None when the run has none, because it expired and was given away.
    """
    return await session.scalar(
        sa.update(ConcurrencyLease)
        .where(ConcurrencyLease.flow_run_id == flow_run_id)
        .values(expires_at=seconds_from_now(seconds))
        .returning(ConcurrencyLease.id)
        .execution_options(synchronize_session=False)
    )


async def park_deployment_slot(session: AsyncSession, flow_run_id: UUID) -> None:
    """Free the run's slot but leave its lease, which the paused process goes on renewing."""
    of_run = sa.select(ConcurrencyLease.id).where(ConcurrencyLease.flow_run_id == flow_run_id)
    await session.execute(
        sa.update(CONCURRENCY_LEASE_LIMIT).where(_held.lease_id.in_(of_run)).values(slots=0)
    )


async def free_deployment_slots(session: AsyncSession, flow_run_ids: Iterable[UUID]) -> None:
    """Free the slots that runs hold of their deployments."""
    of_runs = ConcurrencyLease.flow_run_id.in_(list(flow_run_ids))
    await end_leases(session, of_runs, Account.DECAYING)


async def move_deployment_slots(session: AsyncSession, deployment_id: UUID, limit_id: UUID | None) -> None:
    """Let the deployment's runs that are under way hold slots of this limit instead of another.

    Those that hold none get a slot, even beyond the limit: so no further run starts before
    enough of them have ended. Leases that are renewed stay in any case; without a limit the others
    go, for nobody would end them.
    """
    of_deployment = sa.select(FlowRun.id).where(
        FlowRun.deployment_id == deployment_id,
        sa.or_(
            holds_queue_slot(FlowRun.state_type),
            retries_in_process(FlowRun.state_type, FlowRun.retry_type),
        ),
    )
    run_ids: Sequence[UUID] = (await session.scalars(of_deployment)).all()
    if not run_ids:
        return
    rows = await session.execute(
        sa.select(ConcurrencyLease.flow_run_id, ConcurrencyLease.id).where(
            ConcurrencyLease.flow_run_id.in_(run_ids)
        )
    )
    lease_ids = dict(rows.all())
    await session.execute(
        sa.delete(CONCURRENCY_LEASE_LIMIT).where(_held.lease_id.in_(list(lease_ids.values())))
    )
    limits = await lock_limits(session, ConcurrencyLimit.id == limit_id) if limit_id else []
    if not limits:
        await session.execute(
            sa.delete(ConcurrencyLease)
            .where(ConcurrencyLease.flow_run_id.in_(run_ids), ConcurrencyLease.expires_at.is_(None))
            .execution_options(synchronize_session=False)
        )
        return
    unheld = [lease_of_run(run_id, seconds=None) for run_id in run_ids if run_id not in lease_ids]
    written = await write_leases(session, unheld) if unheld else []
    await hold(session, limits, [*lease_ids.values(), *written], slots=1)
