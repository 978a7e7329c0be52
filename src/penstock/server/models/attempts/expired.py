"""Whose attempt is over: leases that have run out by the database's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseKind
from penstock.schemas.statuses import WorkerStatus
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now

DEFAULT_INFRA_RETRIES = 2
DEFAULT_INFRA_RETRY_DELAY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ExpiredAttempt:
    """An attempt whose lease has run out, and what its deployment says about such an end.

    ``worker_is_online``: the worker that holds it still sends heartbeats; ``silent_since``: when
    anything was heard of the run last.
    """

    flow_run_id: UUID
    kind: LeaseKind
    worker_name: str | None
    worker_is_online: bool
    silent_since: datetime
    infra_retries: int
    infra_retry_delay_seconds: float


@db_injector
async def find_expired_attempts(db: DBInterface, session: AsyncSession, limit: int) -> Sequence[UUID]:
    """Return the runs whose lease has run out, the longest first; nothing is locked."""
    run = db.FlowRun
    found = await session.scalars(
        sa.select(run.id).where(*_is_over(db)).order_by(run.lease_expires_at).limit(limit)
    )
    return found.all()


@db_injector
async def read_database_time(db: DBInterface, session: AsyncSession) -> datetime:
    """Return the time by which leases are judged."""
    return (await session.scalars(sa.select(database_now()))).one()


@db_injector
async def lock_expired_attempt(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID
) -> ExpiredAttempt | None:
    """Lock a run whose lease has run out.

    Returns:
        None when it has not, or when another transaction holds the run: something is happening to it.
    """
    run, deployment = db.FlowRun, db.Deployment
    row = (
        await session.execute(
            sa.select(
                run.lease_kind,
                run.worker_name,
                _worker_is_online(db).label("worker_is_online"),
                sa.func.coalesce(run.last_sign_of_life, run.state_timestamp).label("silent_since"),
                sa.func.coalesce(deployment.infra_retries, DEFAULT_INFRA_RETRIES).label("retries"),
                sa.func.coalesce(
                    deployment.infra_retry_delay_seconds, DEFAULT_INFRA_RETRY_DELAY_SECONDS
                ).label("delay"),
            )
            .outerjoin(deployment, deployment.id == run.deployment_id)
            .where(run.id == flow_run_id, *_is_over(db))
            .with_for_update(of=run, skip_locked=True)
        )
    ).one_or_none()
    if row is None:
        return None
    return ExpiredAttempt(
        flow_run_id=flow_run_id,
        kind=row.lease_kind,
        worker_name=row.worker_name,
        worker_is_online=row.worker_is_online,
        silent_since=row.silent_since,
        infra_retries=row.retries,
        infra_retry_delay_seconds=row.delay,
    )


def _is_over(db: DBInterface) -> tuple[sa.ColumnElement[bool], ...]:
    expires_at = db.FlowRun.lease_expires_at
    return expires_at.is_not(None), expires_at < database_now()


def _worker_is_online(db: DBInterface) -> sa.Exists:
    return (
        sa.select(sa.literal(1))
        .select_from(db.Worker)
        .join(db.WorkQueue, db.WorkQueue.work_pool_id == db.Worker.work_pool_id)
        .where(
            db.WorkQueue.id == db.FlowRun.work_queue_id,
            db.Worker.name == db.FlowRun.worker_name,
            db.Worker.status == WorkerStatus.ONLINE,
        )
        .exists()
    )
