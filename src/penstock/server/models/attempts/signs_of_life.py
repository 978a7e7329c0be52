"""Runs of workers that renew nothing show that they live."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseKind, LeaseTimes
from penstock.core.states import StateType
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, seconds_from_now


@db_injector
async def record_signs_of_life(
    db: DBInterface,
    session: AsyncSession,
    flow_run_ids: Collection[UUID],
    times: LeaseTimes,
    *,
    are_lasting: bool = True,
) -> None:
    """Prolong the leases of observed runs that were heard of; ids of any other runs change nothing.

    A run that is PENDING keeps its time for starting. No lease becomes shorter. What was recorded
    just before, within half of ``confirm_seconds``, is not recorded again.

    Args:
        are_lasting: the signs are of a kind that comes as long as the process lives, so that from
            now on silence means something; False for what a process may have no reason for.
    """
    run = db.FlowRun
    fresh_seconds = times.confirm_seconds / 2
    end = seconds_from_now(times.silence_seconds)
    is_stale = run.lease_expires_at < seconds_from_now(times.silence_seconds - fresh_seconds)
    values: dict[str, Any] = {
        "lease_expires_at": sa.case((run.lease_expires_at < end, end), else_=run.lease_expires_at)
    }
    if are_lasting:
        values["last_sign_of_life"] = database_now()
        last = run.last_sign_of_life
        is_stale = sa.or_(is_stale, last.is_(None), last < seconds_from_now(-fresh_seconds))
    is_observed = sa.and_(
        run.lease_kind == LeaseKind.OBSERVED,
        run.lease_expires_at.is_not(None),
        run.state_type != StateType.PENDING,
    )
    heard = (
        sa.select(run.id)
        .where(run.id.in_(sorted(flow_run_ids)), is_observed, is_stale)
        .order_by(run.id)
        .with_for_update()
    )
    await session.execute(
        sa.update(run)
        .where(run.id.in_(heard.scalar_subquery()), is_observed)
        .values(values)
        .execution_options(synchronize_session=False)
    )
