"""Limits of tags: at most so many task runs of a tag at once (orchestration.md 1.11, 4.9).

A tag's limit is the one named ``tag:<tag>``. Each slot has a lease of its own, held by the task run.
"""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.orm_models import (
    CONCURRENCY_LEASE_LIMIT,
    ConcurrencyLease,
    ConcurrencyLimit,
)
from penstock.server.models.concurrency_limits.increments import NoSlots, find_full
from penstock.server.models.concurrency_limits.leases import Lease, end_leases, lend
from penstock.server.models.concurrency_limits.locks import lock_limits
from penstock.server.models.concurrency_limits.usage import TAG_PREFIX, usage_of

TASK_RUN = "task_run"
_held = CONCURRENCY_LEASE_LIMIT.c


def tag_of(limit: ConcurrencyLimit) -> str:
    """Return the tag that a limit stands over."""
    return limit.name.removeprefix(TAG_PREFIX)


def name_of(tag: str) -> str:
    """Return the name of a tag's limit."""
    return f"{TAG_PREFIX}{tag}"


@db_injector
async def take_tag_slots(
    db: DBInterface,
    session: AsyncSession,
    tags: Iterable[str],
    task_run_id: UUID,
    *,
    is_stored: bool = False,
) -> Sequence[ConcurrencyLimit] | NoSlots:
    """Take one slot of each limited tag for a task run, or none; returns the limits.

    What the task run holds already it does not take twice. The limits stay locked until the
    transaction ends.

    Args:
        is_stored: the task run is in the database; its slots then go with it.
    """
    names = {name_of(tag) for tag in tags}
    limits = await lock_limits(
        session, sa.and_(db.ConcurrencyLimit.name.in_(names), db.ConcurrencyLimit.active)
    )
    if not limits:
        return []
    holders = await read_holders(session, [limit.id for limit in limits])
    wanted = [limit for limit in limits if task_run_id not in holders[limit.id]]
    wanted, full = await find_full(session, wanted, slots=1)
    if full:
        blocking = min(full, key=lambda limit: limit.limit)
        return NoSlots(blocking, usage_of(blocking).wait_seconds(1))
    for limit in wanted:
        lease = Lease(
            holder_type=TASK_RUN, holder_id=task_run_id, task_run_id=task_run_id if is_stored else None
        )
        await lend(session, [limit], lease)
    return limits


@db_injector
async def return_tag_slots(
    db: DBInterface, session: AsyncSession, task_run_id: UUID, tags: Collection[str] | None = None
) -> Sequence[ConcurrencyLimit]:
    """Free the slots that a task run holds of these tags; None for all. Returns the tags' limits."""
    holding = sa.and_(
        ConcurrencyLease.holder_type == TASK_RUN,
        ConcurrencyLease.holder_id == task_run_id,
        ConcurrencyLease.expires_at.is_(None),
    )
    limits: Sequence[ConcurrencyLimit] = []
    if tags is not None:
        names = [name_of(tag) for tag in tags]
        limits = (
            await session.scalars(
                sa.select(db.ConcurrencyLimit)
                .where(db.ConcurrencyLimit.name.in_(names), db.ConcurrencyLimit.active)
                .order_by(db.ConcurrencyLimit.id)
            )
        ).all()
        of_tags = sa.select(_held.lease_id).where(_held.limit_id.in_([limit.id for limit in limits]))
        holding = sa.and_(holding, ConcurrencyLease.id.in_(of_tags))
    await end_leases(session, holding)
    return limits


async def read_holders(session: AsyncSession, limit_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Read which task runs hold slots of limits, by limit, the longest holder first."""
    holders: dict[UUID, list[UUID]] = {limit_id: [] for limit_id in limit_ids}
    rows = await session.execute(
        sa.select(_held.limit_id, ConcurrencyLease.holder_id)
        .join(ConcurrencyLease, ConcurrencyLease.id == _held.lease_id)
        .where(
            _held.limit_id.in_(limit_ids),
            ConcurrencyLease.holder_type == TASK_RUN,
            ConcurrencyLease.holder_id.is_not(None),
        )
        .order_by(ConcurrencyLease.created, ConcurrencyLease.id)
    )
    for limit_id, holder_id in rows:
        assert holder_id is not None
        holders[limit_id].append(holder_id)
    return holders


@db_injector
async def put_tag_limit(
    db: DBInterface, session: AsyncSession, tag: str, limit: int
) -> tuple[orm_models.ConcurrencyLimit, bool]:
    """Give a tag its limit, or change the one it has; returns it, and whether it is new."""
    name = name_of(tag)
    row = await _read_by_name(session, name)
    if row is not None:
        await session.execute(
            sa.update(db.ConcurrencyLimit).where(db.ConcurrencyLimit.id == row.id).values(limit=limit)
        )
    else:
        new = [{"name": name, "limit": limit}]
        await session.execute(db.dialect.insert_or_ignore(db.ConcurrencyLimit, new))
    changed = await _read_by_name(session, name)
    assert changed is not None
    return changed, row is None


@db_injector
async def reset_tag_limit(
    db: DBInterface, session: AsyncSession, concurrency_limit_id: UUID, task_run_ids: Sequence[UUID]
) -> None:
    """Let exactly these task runs hold slots of a tag's limit, even more than it has."""
    limits = await lock_limits(session, db.ConcurrencyLimit.id == concurrency_limit_id)
    of_limit = sa.select(_held.lease_id).where(_held.limit_id == concurrency_limit_id)
    await end_leases(session, ConcurrencyLease.id.in_(of_limit))
    await session.execute(
        sa.update(db.ConcurrencyLimit)
        .where(db.ConcurrencyLimit.id == concurrency_limit_id)
        .values(active_slots=0.0)
    )
    for task_run_id in dict.fromkeys(task_run_ids):
        await lend(session, limits, Lease(holder_type=TASK_RUN, holder_id=task_run_id))


async def _read_by_name(session: AsyncSession, name: str) -> ConcurrencyLimit | None:
    return await session.scalar(
        sa.select(ConcurrencyLimit)
        .where(ConcurrencyLimit.name == name)
        .execution_options(populate_existing=True)
    )
