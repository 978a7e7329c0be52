"""A claiming worker says that it is still at its runs, and learns what became of the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseKind
from penstock.core.states import StateType
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import seconds_from_now
from penstock.server.models.attempts.keeping import why_it_is_over


@dataclass(frozen=True, slots=True)
class HeldAttempt:
    """How a run that a worker is asked about stands: whose it is, which attempt, in which state.

    ``is_renewed`` says whether the attempt that was named is the current one, now for another lease.
    """

    flow_run_id: UUID
    attempt: int
    is_renewed: bool
    is_held: bool
    worker_name: str | None
    state_type: StateType | None
    state_name: str | None
    lease_expires_at: datetime | None

    def why_it_is_over(self, named: int | None) -> str:
        """Say why the attempt that was named is not the current one."""
        return why_it_is_over(
            named,
            self.attempt,
            is_held=self.is_held,
            worker_name=self.worker_name,
            state_name=self.state_name,
        )


@db_injector
async def renew_attempts(
    db: DBInterface,
    session: AsyncSession,
    worker_name: str,
    attempts: Mapping[UUID, int],
    seconds: float,
) -> list[HeldAttempt]:
    """Begin the leases of a worker's attempts anew, those that are still its own.

    Args:
        attempts: the number of the attempt the worker has, by run.
        seconds: how long the new lease lasts, by the database's clock.

    Returns:
        How each run stands, in no order; a run that does not exist is left out.
    """
    if not attempts:
        return []
    run = db.FlowRun
    pairs = [(run_id, attempts[run_id]) for run_id in sorted(attempts)]
    own = (
        sa.select(run.id)
        .where(
            # the ids alone as well: SQLite finds no index for the pairs
            run.id.in_(attempts),
            sa.tuple_(run.id, run.attempt).in_(pairs),
            run.worker_name == worker_name,
            run.lease_kind == LeaseKind.CLAIMED,
        )
        .order_by(run.id)
        .with_for_update()
    )
    renewed = set(
        await session.scalars(
            sa.update(run)
            .where(run.id.in_(own.scalar_subquery()), run.lease_kind == LeaseKind.CLAIMED)
            .values(lease_expires_at=seconds_from_now(seconds))
            .returning(run.id)
            .execution_options(synchronize_session=False)
        )
    )
    return [
        HeldAttempt(
            flow_run_id=row.id,
            attempt=row.attempt,
            is_renewed=row.id in renewed,
            is_held=row.lease_kind is not None,
            worker_name=row.worker_name,
            state_type=row.state_type,
            state_name=row.state_name,
            lease_expires_at=row.lease_expires_at,
        )
        for row in await session.execute(_standing(db).where(run.id.in_(attempts)))
    ]


@db_injector
async def read_unlisted_attempts(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    worker_name: str,
    listed: Iterable[UUID],
) -> list[HeldAttempt]:
    """Read the attempts that a worker's name holds in a pool and that the worker did not list.

    It was given them by an answer that it never saw, or before it was restarted.
    """
    run = db.FlowRun
    rows = await session.execute(
        _standing(db)
        .join(db.WorkQueue, db.WorkQueue.id == run.work_queue_id)
        .where(
            db.WorkQueue.work_pool_id == work_pool_id,
            run.worker_name == worker_name,
            run.lease_expires_at.is_not(None),
            run.lease_kind == LeaseKind.CLAIMED,
            run.id.not_in(list(listed)),
        )
    )
    return [
        HeldAttempt(
            flow_run_id=row.id,
            attempt=row.attempt,
            is_renewed=False,
            is_held=True,
            worker_name=row.worker_name,
            state_type=row.state_type,
            state_name=row.state_name,
            lease_expires_at=row.lease_expires_at,
        )
        for row in rows
    ]


def _standing(
    db: DBInterface,
) -> sa.Select[UUID, int, LeaseKind | None, str | None, StateType | None, str | None, datetime | None]:
    run = db.FlowRun
    return sa.select(
        run.id,
        run.attempt,
        run.lease_kind,
        run.worker_name,
        run.state_type,
        run.state_name,
        run.lease_expires_at,
    )
