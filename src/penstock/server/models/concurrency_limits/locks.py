"""Locking limits, and writing what is counted of them.

Whoever takes slots holds the rows of their limits until the transaction ends, so that a second
taker counts what the first one took. Several limits are locked by one statement, by id; a limit
is locked after the run, the pool and the queue it is taken for (ADR 0007).
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.orm_models import ConcurrencyLimit


async def lock_limits(
    session: AsyncSession, condition: sa.ColumnElement[bool], *, skip_locked: bool = False
) -> list[ConcurrencyLimit]:
    """Lock limits until the transaction ends and read their use afterwards, by id.

    Args:
        skip_locked: leave out those that another transaction has locked, and never wait.
    """
    lock = (
        sa.select(ConcurrencyLimit.id)
        .where(condition)
        .order_by(ConcurrencyLimit.id)
        .with_for_update(key_share=True, skip_locked=skip_locked)
    )
    ids = (await session.scalars(lock)).all()
    return await read_limits(session, ConcurrencyLimit.id.in_(ids)) if ids else []


async def read_limits(session: AsyncSession, condition: sa.ColumnElement[bool]) -> list[ConcurrencyLimit]:
    """Read limits with their use by now, by id; nothing is locked."""
    rows = await session.scalars(
        sa.select(ConcurrencyLimit)
        .where(condition)
        .order_by(ConcurrencyLimit.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def write_count(session: AsyncSession, limit: ConcurrencyLimit, **values: Any) -> None:
    """Write counts of a locked limit as of when it was read."""
    await session.execute(
        sa.update(ConcurrencyLimit)
        .where(ConcurrencyLimit.id == limit.id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
