"""Concurrency limits: creating, reading, changing and deleting (orchestration.md 4.8)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.orm_models import CONCURRENCY_LEASE_LIMIT
from penstock.server.events import outbox
from penstock.server.events.concurrency_limit_events import concurrency_limit_changed
from penstock.server.models.concurrency_limits import leases
from penstock.server.models.concurrency_limits.locks import lock_limits
from penstock.server.models.concurrency_limits.usage import usage_of

Limit = orm_models.ConcurrencyLimit


@db_injector
async def create_concurrency_limit(
    db: DBInterface,
    session: AsyncSession,
    concurrency_limit: schemas.actions.ConcurrencyLimitV2Create,
) -> Limit:
    """Create a limit.

    Raises:
        IntegrityError: the name is taken.
    """
    row = db.ConcurrencyLimit(**concurrency_limit.model_dump())
    session.add(row)
    await session.flush()
    created = await read_concurrency_limit(session=session, concurrency_limit_id=row.id)
    assert created is not None
    outbox.record(session, concurrency_limit_changed("created", created))
    await session.flush()
    return created


@db_injector
async def read_concurrency_limit(
    db: DBInterface,
    session: AsyncSession,
    concurrency_limit_id: UUID | None = None,
    name: str | None = None,
) -> Limit | None:
    """Read a limit by id or by name, with its use by now; None when there is none."""
    column = db.ConcurrencyLimit.name if concurrency_limit_id is None else db.ConcurrencyLimit.id
    return await session.scalar(
        sa.select(db.ConcurrencyLimit)
        .where(column == (name if concurrency_limit_id is None else concurrency_limit_id))
        .execution_options(populate_existing=True)
    )


@db_injector
async def read_concurrency_limits(
    db: DBInterface,
    session: AsyncSession,
    offset: int | None = None,
    limit: int | None = None,
    name_prefix: str | None = None,
) -> Sequence[Limit]:
    """Read limits by name."""
    statement = sa.select(db.ConcurrencyLimit).order_by(db.ConcurrencyLimit.name)
    if name_prefix is not None:
        statement = statement.where(db.ConcurrencyLimit.name.startswith(name_prefix, autoescape=True))
    return (await session.scalars(statement.offset(offset).limit(limit))).all()


@db_injector
async def update_concurrency_limit(
    db: DBInterface, session: AsyncSession, concurrency_limit_id: UUID, values: dict[str, Any]
) -> bool:
    """Set fields of a limit; returns whether it exists.

    A number of active slots holds from now on: where leases hold more than that, the oldest of
    them lose their slots, though their holders go on. A decay that begins or ends decides
    whether leases hold slots or only the count does.

    Raises:
        IntegrityError: the new name is taken.
    """
    locked = await lock_limits(session, db.ConcurrencyLimit.id == concurrency_limit_id)
    if not locked:
        return False
    [row] = locked
    taken = await _taken_after(session, row, values)
    usage = usage_of(row)
    counts = {"active_slots": taken, "counted_at": usage.read_at}
    await session.execute(
        sa.update(db.ConcurrencyLimit)
        .where(db.ConcurrencyLimit.id == row.id)
        .values({"denied_slots": usage.denied} | values | counts)
        .execution_options(synchronize_session=False)
    )
    changed = await read_concurrency_limit(session=session, concurrency_limit_id=row.id)
    assert changed is not None
    outbox.record(session, concurrency_limit_changed("updated", changed))
    await session.flush()
    return True


async def _taken_after(session: AsyncSession, row: Limit, values: dict[str, Any]) -> float:
    """Settle what leases hold after the change, and return what is taken without one."""
    usage = usage_of(row)
    taken, leased = usage.taken, usage.leased
    decayed = row.slot_decay_per_second > 0
    decays = values.get("slot_decay_per_second", row.slot_decay_per_second) > 0
    if decays and not decayed:
        await leases.hold_slots(session, row.id, held=False)
        taken, leased = taken + leased, 0
    elif decayed and not decays:
        leased = await leases.hold_slots(session, row.id, held=True)
        taken = max(0.0, taken - leased)
    if "active_slots" not in values:
        return taken
    kept = await leases.keep_slots(session, row.id, values["active_slots"]) if leased else 0
    return float(values["active_slots"] - kept)


@db_injector
async def delete_concurrency_limit(
    db: DBInterface, session: AsyncSession, concurrency_limit_id: UUID
) -> bool:
    """Delete a limit; the deployments it stood over are unlimited then. Returns whether there was one.

    Leases stay, so that their holders can renew them; they hold nothing of it any more.
    """
    await session.execute(
        sa.update(db.Deployment)
        .where(db.Deployment.concurrency_limit_id == concurrency_limit_id)
        .values(concurrency_limit_id=None)
        .execution_options(synchronize_session=False)
    )
    held = CONCURRENCY_LEASE_LIMIT
    await session.execute(sa.delete(held).where(held.c.limit_id == concurrency_limit_id))
    row = await read_concurrency_limit(session=session, concurrency_limit_id=concurrency_limit_id)
    if row is None:
        return False
    outbox.record(session, concurrency_limit_changed("deleted", row))
    await session.delete(row)
    await session.flush()
    return True
