"""The slot a run takes of its deployment's limit (orchestration.md 1.9).

It is a lease that names the run, so that there is one at the most, and it goes with the run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from penstock.core.ids import uuid7
from penstock.server.database.expressions import database_now, seconds_from_now
from penstock.server.database.joint_writes import NewRow, RowValues
from penstock.server.database.loose_rows import loose_row, stored_columns
from penstock.server.database.orm_models import (
    CONCURRENCY_LEASE_LIMIT,
    ConcurrencyLease,
    ConcurrencyLimit,
    FlowRun,
)
from penstock.server.database.plain import Statements
from penstock.server.database.states import holds_queue_slot, retries_in_process
from penstock.server.models.concurrency_limits.deployment_limits import FullLimit, full_limit
from penstock.server.models.concurrency_limits.increments import find_full
from penstock.server.models.concurrency_limits.leases import (
    Account,
    Lease,
    end_leases,
    hold,
    lend,
    write_leases,
)
from penstock.server.models.concurrency_limits.locks import lock_limits
from penstock.server.models.concurrency_limits.usage import usage_of

_held = CONCURRENCY_LEASE_LIMIT.c


@dataclass(frozen=True, slots=True)
class DeploymentSlots:
    """A deployment's limit, locked and counted, and the lease that a run has kept over it, if any.

    Without a limit it is gone or not active.
    """

    limit: ConcurrencyLimit | None = None
    lease_id: UUID | None = None
    has_expired: bool = False
    """Leases over the limit have expired and still hold their slots."""

    @classmethod
    def of(cls, values: Sequence[Any]) -> "DeploymentSlots":
        """Return what was read as ``SLOT_COLUMNS``; the limit is an object of no session."""
        *columns, lease_id, has_expired = values
        limit = dict(zip(_LIMIT, columns, strict=True))
        row = None if limit["id"] is None else loose_row(ConcurrencyLimit, limit)
        return cls(row, lease_id, bool(has_expired))

    @property
    def needs_session(self) -> bool:
        """Whether taking a slot comes to more than new rows: leases may have expired, or slots decay."""
        if self.limit is None:
            return False
        may_become_free = self.has_expired and usage_of(self.limit).free < 1
        return may_become_free or self.lease_id is not None or self.limit.slot_decay_per_second > 0


_FLOW_RUN_ID = sa.bindparam("flow_run_id", type_=sa.Uuid())
_LEASE = aliased(ConcurrencyLease)
_LIMIT = stored_columns(ConcurrencyLimit)

SLOT_COLUMNS: tuple[sa.ColumnElement[Any], ...] = (
    *_LIMIT.values(),
    sa.select(_LEASE.id).where(_LEASE.flow_run_id == _FLOW_RUN_ID).scalar_subquery(),
    sa.exists().where(
        _LEASE.id == _held.lease_id,
        _held.limit_id == ConcurrencyLimit.id,
        _LEASE.expires_at <= database_now(),
    ),
)
"""The parts of ``DeploymentSlots``, for a run and a limit."""

_OF_LIMIT = ConcurrencyLimit.id == sa.bindparam("limit_id", type_=sa.Uuid())
_LOCK_LIMIT = sa.select(ConcurrencyLimit.id).where(_OF_LIMIT).with_for_update(key_share=True)
_READ_SLOTS = sa.select(*SLOT_COLUMNS).where(_OF_LIMIT, ConcurrencyLimit.active)


async def lock_deployment_slots(statements: Statements, flow_run_id: UUID, limit_id: UUID) -> DeploymentSlots:
    """Lock the limit of a run's deployment until the transaction ends and count it for the run."""
    await statements.rows(_LOCK_LIMIT, {"limit_id": limit_id})
    return await read_deployment_slots(statements, flow_run_id, limit_id)


async def read_deployment_slots(statements: Statements, flow_run_id: UUID, limit_id: UUID) -> DeploymentSlots:
    """Count a locked limit for a run of the deployment."""
    rows = await statements.rows(_READ_SLOTS, {"flow_run_id": flow_run_id, "limit_id": limit_id})
    return DeploymentSlots.of(rows[0]) if rows else DeploymentSlots()


@dataclass(frozen=True, slots=True)
class LentSlot:
    """A run's slot: its lease, and the rows of it that are still to be written with the run's state."""

    lease_id: UUID | None
    rows: tuple[NewRow, ...] = ()


async def take_deployment_slot(
    session: AsyncSession, flow_run_id: UUID, slots: DeploymentSlots, seconds: float | None
) -> LentSlot | FullLimit:
    """Do what ``take_free_slot`` does for slots that need a session for it (``needs_session``).

    Expired leases give up theirs first. The lease a run has kept through a pause is the one it gets
    again.
    """
    assert slots.limit is not None
    [limit], full = await find_full(session, [slots.limit], slots=1)
    if full:
        return full_limit(full[0])
    if slots.lease_id is not None:
        lease_id = await keep_deployment_slot(session, flow_run_id, seconds)
        if lease_id is not None:
            await session.execute(sa.delete(CONCURRENCY_LEASE_LIMIT).where(_held.lease_id == lease_id))
            await hold(session, [limit], [lease_id], slots=1)
            return LentSlot(lease_id)
    if limit.slot_decay_per_second > 0:
        return LentSlot(await lend(session, [limit], lease_of_run(flow_run_id, seconds)))
    return _slot_to_write(flow_run_id, limit, seconds)


def take_free_slot(flow_run_id: UUID, slots: DeploymentSlots, seconds: float | None) -> LentSlot | FullLimit:
    """Take a slot of a locked limit for a run; returns it, or that there is none.

    Nothing is taken where there is no limit.

    Args:
        seconds: how long the slot is kept without a renewal; None: as long as the run needs it.
    """
    if slots.limit is None:
        return LentSlot(None)
    if usage_of(slots.limit).free < 1:
        return full_limit(slots.limit)
    return _slot_to_write(flow_run_id, slots.limit, seconds)


def _slot_to_write(flow_run_id: UUID, limit: ConcurrencyLimit, seconds: float | None) -> LentSlot:
    # rows that go with a state are values: the database's clock was read with the limit
    times = {
        "created": limit.read_at,
        "expires_at": None if seconds is None else limit.read_at + timedelta(seconds=seconds),
    }
    lease = ConcurrencyLease(**lease_of_run(flow_run_id, seconds).columns | times, id=uuid7())
    held = RowValues(CONCURRENCY_LEASE_LIMIT, {"limit_id": limit.id, "lease_id": lease.id, "slots": 1})
    return LentSlot(lease.id, (lease, held))


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
