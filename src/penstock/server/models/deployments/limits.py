"""The limit of a deployment: its own, named after it, or one that it shares (orchestration.md 1.9)."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ObjectNotFoundError
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import ConcurrencyLimit, Deployment
from penstock.server.models.concurrency_limits.deployment_slots import move_deployment_slots

LIMIT_FIELDS = frozenset({"concurrency_limit", "global_concurrency_limit_id"})
"""How a request names the limit; null takes the limit of that kind away."""


def own_limit_name(deployment_id: UUID) -> str:
    """Return the name of the limit that stands over one deployment only."""
    return f"deployment:{deployment_id}"


async def change_limit(
    db: DBInterface, session: AsyncSession, deployment: Deployment, given: Mapping[str, Any], *, is_new: bool
) -> None:
    """Give a deployment, whose row is locked, the limit that a request names; without one it keeps its own.

    Runs that are under way count in a new limit at once. Transitions under way, which have not
    seen it, are waited for.

    Raises:
        ObjectNotFoundError: there is no such shared limit.
    """
    if not LIMIT_FIELDS & given.keys():
        return
    own_id = await session.scalar(
        sa.select(ConcurrencyLimit.id).where(ConcurrencyLimit.name == own_limit_name(deployment.id))
    )
    before = deployment.concurrency_limit_id
    after = await _limit_after(session, deployment, own_id, given)
    if after == before:
        return
    if not is_new:
        await db.dialect.wait_for_transitions(session)
    deployment.concurrency_limit_id = after
    await session.flush()
    await move_deployment_slots(session, deployment.id, after)
    if before is not None and before == own_id:
        await delete_own_limits(session, [deployment.id])


async def _limit_after(
    session: AsyncSession, deployment: Deployment, own_id: UUID | None, given: Mapping[str, Any]
) -> UUID | None:
    shared_id, limit = given.get("global_concurrency_limit_id"), given.get("concurrency_limit")
    if shared_id is not None:
        known = sa.select(ConcurrencyLimit.id).where(ConcurrencyLimit.id == shared_id)
        if await session.scalar(known.with_for_update(read=True, key_share=True)) is None:
            raise ObjectNotFoundError("Concurrency limit", shared_id)
        return UUID(str(shared_id))
    if limit is not None:
        return await _put_own_limit(session, deployment.id, own_id, limit)
    present = deployment.concurrency_limit_id
    emptied = "concurrency_limit" if present == own_id else "global_concurrency_limit_id"
    return None if emptied in given else present


async def _put_own_limit(session: AsyncSession, deployment_id: UUID, own_id: UUID | None, limit: int) -> UUID:
    if own_id is None:
        own = ConcurrencyLimit(name=own_limit_name(deployment_id), limit=limit)
        session.add(own)
        await session.flush()
        return own.id
    await session.execute(
        sa.update(ConcurrencyLimit)
        .where(ConcurrencyLimit.id == own_id, ConcurrencyLimit.limit != limit)
        .values(limit=limit)
        .execution_options(synchronize_session=False)
    )
    return own_id


async def delete_own_limits(session: AsyncSession, deployment_ids: Iterable[UUID]) -> None:
    """Delete the limits that stood over these deployments only; shared ones stay."""
    names = [own_limit_name(deployment_id) for deployment_id in deployment_ids]
    await session.execute(
        sa.delete(ConcurrencyLimit)
        .where(ConcurrencyLimit.name.in_(names))
        .execution_options(synchronize_session=False)
    )
