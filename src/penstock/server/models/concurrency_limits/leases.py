"""Leases: the rows that hold slots (orchestration.md 4.8, 5.9).

A slot is taken as long as its lease's row exists, whatever the clock says, and is freed by whoever
deletes the row: once, however many try. An expired lease is deleted by the reaper, or before by
one who needs its slot.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.ids import uuid7
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, seconds_from_now
from penstock.server.database.orm_models import (
    CONCURRENCY_LEASE_LIMIT,
    ConcurrencyLease,
    ConcurrencyLimit,
)
from penstock.server.models.concurrency_limits.locks import lock_limits, write_count
from penstock.server.models.concurrency_limits.usage import usage_of

_held = CONCURRENCY_LEASE_LIMIT.c


class Account(Enum):
    """What is written down at the limits of leases that end."""

    ALL = "how long slots were held, and those that decay as given back"
    DECAYING = "only those that decay as given back"
    NOTHING = "nothing: no limit is locked"

    def concerns(self, decay: float) -> bool:
        """Return whether something is written down at a limit of this decay."""
        return self is Account.ALL or (self is Account.DECAYING and decay > 0)


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease to write. Without ``seconds`` it lasts as long as its holder.

    The columns ``flow_run_id`` and ``task_run_id`` are for slots that the server itself lends.
    """

    slots: int = 1
    seconds: float | None = None
    holder_type: str | None = None
    holder_id: UUID | None = None
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The values of the lease's row."""
        return {
            "slots": self.slots,
            "expires_at": seconds_from_now(self.seconds),
            "holder_type": self.holder_type,
            "holder_id": self.holder_id,
            "flow_run_id": self.flow_run_id,
            "task_run_id": self.task_run_id,
        }


async def lend(session: AsyncSession, limits: Sequence[ConcurrencyLimit], lease: Lease) -> UUID:
    """Write a lease over slots of locked limits, which must have them; returns its id."""
    [lease_id] = await write_leases(session, [lease])
    await hold(session, limits, [lease_id], lease.slots)
    return lease_id


async def write_leases(session: AsyncSession, leases: Sequence[Lease]) -> list[UUID]:
    """Write leases that hold nothing yet; returns their ids in the same order."""
    rows = [lease.columns | {"id": uuid7()} for lease in leases]
    await session.execute(sa.insert(ConcurrencyLease).values(rows))
    return [row["id"] for row in rows]


async def hold(
    session: AsyncSession, limits: Sequence[ConcurrencyLimit], lease_ids: Sequence[UUID], slots: int
) -> None:
    """Let each lease hold slots of each of these locked limits; where slots decay, they are counted."""
    rows = []
    for limit in limits:
        decays = limit.slot_decay_per_second > 0
        held = 0 if decays else slots
        rows += [{"limit_id": limit.id, "lease_id": lease_id, "slots": held} for lease_id in lease_ids]
        if decays:
            usage = usage_of(limit)
            await write_count(
                session,
                limit,
                active_slots=usage.taken + slots * len(lease_ids),
                denied_slots=usage.denied,
                counted_at=usage.read_at,
            )
    if rows:
        await session.execute(sa.insert(CONCURRENCY_LEASE_LIMIT), rows)


async def renew_lease(session: AsyncSession, lease_id: UUID, seconds: float) -> bool:
    """Let a lease last from now for so many seconds; False when it is gone or has expired."""
    renewed = await session.scalar(
        sa.update(ConcurrencyLease)
        .where(
            ConcurrencyLease.id == lease_id,
            sa.or_(ConcurrencyLease.expires_at.is_(None), ConcurrencyLease.expires_at > database_now()),
        )
        .values(expires_at=seconds_from_now(seconds))
        .returning(ConcurrencyLease.id)
        .execution_options(synchronize_session=False)
    )
    return renewed is not None


@db_injector
async def end_leases(
    db: DBInterface,
    session: AsyncSession,
    condition: sa.ColumnElement[bool],
    account: Account = Account.ALL,
) -> frozenset[UUID]:
    """Delete leases and so free their slots; returns those that this transaction deleted.

    Args:
        condition: which leases.
        account: what to write down about it at their limits, which are locked for that.
    """
    holdings = await _delete_leases(db, session, condition)
    returned = [
        (one.limit_id, one.slots, (one.now - one.created).total_seconds() * one.slots)
        for one in holdings
        if one.limit_id is not None and account.concerns(one.decay)
    ]
    await give_back(session, returned, leased=True)
    return frozenset(one.id for one in holdings)


async def _delete_leases(
    db: DBInterface, session: AsyncSession, condition: sa.ColumnElement[bool]
) -> Sequence[sa.Row[Any]]:
    """Delete leases; returns what those that this transaction deleted held."""
    if db.dialect.writes_in_ctes:
        deleted = (
            sa.delete(ConcurrencyLease)
            .where(condition)
            .returning(ConcurrencyLease.id, ConcurrencyLease.created, ConcurrencyLease.slots)
            .cte("deleted")
        )
        return list(await session.execute(_holdings(deleted)))
    holdings = list(await session.execute(_holdings(ConcurrencyLease.__table__).where(condition)))
    if holdings:
        ids = {one.id for one in holdings}
        await session.execute(
            sa.delete(ConcurrencyLease)
            .where(ConcurrencyLease.id.in_(ids))
            .execution_options(synchronize_session=False)
        )
    return holdings


def _holdings(lease: sa.FromClause) -> sa.Select[Any]:
    """Return what leases hold; the rows of a statement that deletes them hold what they held before."""
    return (
        sa.select(
            lease.c.id,
            lease.c.created,
            lease.c.slots,
            _held.limit_id,
            ConcurrencyLimit.slot_decay_per_second.label("decay"),
            database_now().label("now"),
        )
        .outerjoin(CONCURRENCY_LEASE_LIMIT, _held.lease_id == lease.c.id)
        .outerjoin(ConcurrencyLimit, ConcurrencyLimit.id == _held.limit_id)
    )


async def give_back(
    session: AsyncSession, returned: Iterable[tuple[UUID, int, float | None]], *, leased: bool
) -> None:
    """Count slots as given back.

    Args:
        returned: limit, number of slots, and the seconds for which they were held altogether.
        leased: they were held by leases, and so are free already where slots do not decay.
    """
    by_limit: dict[UUID, list[tuple[int, float | None]]] = {}
    for limit_id, slots, seconds in returned:
        by_limit.setdefault(limit_id, []).append((slots, seconds))
    if not by_limit:
        return
    for limit in await lock_limits(session, ConcurrencyLimit.id.in_(by_limit)):
        usage = usage_of(limit)
        taken, average = usage.taken, usage
        for slots, seconds in by_limit[limit.id]:
            if usage.decay_per_second or not leased:
                taken = max(0.0, taken - slots)
            if seconds is not None:
                average = average.with_occupancy(slots, seconds)
        await write_count(
            session,
            limit,
            active_slots=taken,
            denied_slots=usage.denied,
            avg_slot_occupancy_seconds=average.occupancy_seconds,
            counted_at=usage.read_at,
        )


async def end_expired_leases(
    session: AsyncSession, most: int, *, limit_ids: Iterable[UUID] | None = None
) -> int:
    """Free the slots of expired leases, the longest expired first; returns how many leases.

    Leases that another transaction is freeing are passed over. With ``limit_ids`` only leases
    over these, locked, limits are looked at, and nothing else is locked.
    """
    expired = (
        sa.select(ConcurrencyLease.id)
        .where(ConcurrencyLease.expires_at <= database_now())
        .order_by(ConcurrencyLease.expires_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    if limit_ids is not None:
        of_limits = sa.select(_held.lease_id).where(_held.limit_id.in_(list(limit_ids)))
        expired = expired.where(ConcurrencyLease.id.in_(of_limits))
    ids = (await session.scalars(expired)).all()
    if not ids:
        return 0
    account = Account.ALL if limit_ids is None else Account.NOTHING
    return len(await end_leases(session, ConcurrencyLease.id.in_(ids), account))


async def hold_slots(session: AsyncSession, limit_id: UUID, *, held: bool) -> int:
    """Let the leases over a locked limit hold their slots, or none; returns how many slots that is."""
    slots = sa.select(ConcurrencyLease.slots).where(ConcurrencyLease.id == _held.lease_id).scalar_subquery()
    await session.execute(
        sa.update(CONCURRENCY_LEASE_LIMIT)
        .where(_held.limit_id == limit_id)
        .values(slots=slots if held else 0)
    )
    total = sa.select(sa.func.coalesce(sa.func.sum(_held.slots), 0)).where(_held.limit_id == limit_id)
    return await session.scalar(total) or 0


async def keep_slots(session: AsyncSession, limit_id: UUID, most: int) -> int:
    """Let the newest leases over a locked limit keep at most so many slots, the others none.

    Returns how many are kept. A lease without slots can be renewed and ended like any other.
    """
    rows = await session.execute(
        sa.select(_held.lease_id, _held.slots)
        .join(ConcurrencyLease, ConcurrencyLease.id == _held.lease_id)
        .where(_held.limit_id == limit_id, _held.slots > 0)
        .order_by(ConcurrencyLease.created.desc(), ConcurrencyLease.id.desc())
    )
    kept, emptied = 0, []
    for lease_id, slots in rows:
        if kept + slots <= most:
            kept += slots
        else:
            emptied.append(lease_id)
    if emptied:
        await session.execute(
            sa.update(CONCURRENCY_LEASE_LIMIT)
            .where(_held.limit_id == limit_id, _held.lease_id.in_(emptied))
            .values(slots=0)
        )
    return kept
