"""Taking slots of several limits at once, all or none, and giving them back (orchestration.md 4.8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.errors import InvalidInputError
from penstock.schemas.actions import IncrementMode
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.models.concurrency_limits import leases
from penstock.server.models.concurrency_limits.leases import Lease
from penstock.server.models.concurrency_limits.locks import lock_limits, read_limits, write_count
from penstock.server.models.concurrency_limits.usage import usage_of

MOST_EXPIRED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Taken:
    """The slots are taken, of the active ones among the limits asked for."""

    limits: Sequence[orm_models.ConcurrencyLimit]
    lease_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NoSlots:
    """None are taken: a limit has too few left."""

    limit: orm_models.ConcurrencyLimit
    retry_after_seconds: float


@db_injector
async def take_slots(
    db: DBInterface,
    session: AsyncSession,
    names: Sequence[str],
    slots: int,
    mode: IncrementMode = IncrementMode.CONCURRENCY,
    lease: Lease | None = None,
) -> Taken | NoSlots:
    """Take slots of every limit named, or of none; unknown and inactive limits are ignored.

    The limits stay locked until the transaction ends. That slots were denied is counted, so
    commit after ``NoSlots`` too.

    Args:
        lease: hold them by a lease, which is written even where no limit applies.

    Raises:
        InvalidInputError: a limit can never give so many slots, or does not decay and is used
            as a rate limit.
    """
    chosen = sa.and_(db.ConcurrencyLimit.name.in_(set(names)), db.ConcurrencyLimit.active)
    limits = await lock_limits(session, chosen)
    _check(limits, slots, mode)
    limits, full = await find_full(session, limits, slots)
    if full:
        return await _deny(session, full, slots)
    if lease is not None:
        return Taken(limits, await leases.lend(session, limits, lease))
    for limit in limits:
        usage = usage_of(limit)
        counts = {"active_slots": usage.taken + slots, "denied_slots": usage.denied}
        await write_count(session, limit, **counts, counted_at=usage.read_at)
    return Taken(limits)


def _check(limits: Sequence[orm_models.ConcurrencyLimit], slots: int, mode: IncrementMode) -> None:
    for limit in limits:
        if limit.limit < slots:
            raise InvalidInputError(
                "slots", f"{slots} slots can never be had: the limit '{limit.name}' is {limit.limit}."
            )
        if mode is IncrementMode.RATE_LIMIT and limit.slot_decay_per_second <= 0:
            raise InvalidInputError(
                "mode", f"The limit '{limit.name}' has no slot decay, so it can't limit a rate."
            )


async def find_full(
    session: AsyncSession, limits: list[orm_models.ConcurrencyLimit], slots: int
) -> tuple[list[orm_models.ConcurrencyLimit], list[orm_models.ConcurrencyLimit]]:
    """Return locked limits as they are now, and those that have too few slots left.

    Before a limit counts as full, its expired leases are ended.
    """
    full = [limit for limit in limits if usage_of(limit).free < slots]
    if not any(limit.leased_slots for limit in full):
        return limits, full
    of_full = [limit.id for limit in full]
    if not await leases.end_expired_leases(session, MOST_EXPIRED_AT_ONCE, limit_ids=of_full):
        return limits, full
    ids = [limit.id for limit in limits]
    limits = await read_limits(session, orm_models.ConcurrencyLimit.id.in_(ids))
    return limits, [limit for limit in limits if usage_of(limit).free < slots]


async def _deny(session: AsyncSession, full: Sequence[orm_models.ConcurrencyLimit], slots: int) -> NoSlots:
    for limit in full:
        usage = usage_of(limit)
        counts = {"active_slots": usage.taken, "denied_slots": usage.denied + slots}
        await write_count(session, limit, **counts, counted_at=usage.read_at)
    blocking = max(full, key=lambda limit: (slots + usage_of(limit).denied_slots) / max(1, limit.limit))
    return NoSlots(blocking, usage_of(blocking).wait_seconds(slots))


@db_injector
async def return_slots(
    db: DBInterface,
    session: AsyncSession,
    names: Sequence[str],
    slots: int,
    occupancy_seconds: float | None = None,
) -> Sequence[orm_models.ConcurrencyLimit]:
    """Give back slots that were taken without a lease; returns the active limits among those named.

    Args:
        occupancy_seconds: how long they were held.
    """
    chosen = sa.and_(db.ConcurrencyLimit.name.in_(set(names)), db.ConcurrencyLimit.active)
    limits = await lock_limits(session, chosen)
    returned = [(limit.id, slots, occupancy_seconds) for limit in limits]
    await leases.give_back(session, returned, leased=False)
    return limits


@db_injector
async def renew_lease(db: DBInterface, session: AsyncSession, lease_id: UUID, seconds: float) -> bool:
    """Let a lease last for so many seconds from now; False when it is unknown or has expired."""
    return await leases.renew_lease(session, lease_id, seconds)


@db_injector
async def end_lease(db: DBInterface, session: AsyncSession, lease_id: UUID) -> bool:
    """Free the slots of a lease; False when there is none of that id any more."""
    return bool(await leases.end_leases(session, db.ConcurrencyLease.id == lease_id))


@db_injector
async def end_expired_leases(db: DBInterface, session: AsyncSession, most: int = 100) -> int:
    """Free the slots of leases that have expired, the longest expired first; returns how many."""
    return await leases.end_expired_leases(session, most)


def lease_for(holder: schemas.actions.ConcurrencyLeaseHolder | None, slots: int, seconds: float) -> Lease:
    """Return the lease a client asks for."""
    if holder is None:
        return Lease(slots, seconds)
    return Lease(slots, seconds, holder_type=holder.type, holder_id=holder.id)
