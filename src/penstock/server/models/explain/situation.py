"""The run that is asked about, with all that stands over it, as of one moment."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import IN_PROCESS, StateType
from penstock.schemas.responses import SlotOwner
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now
from penstock.server.database.orm_models import FlowRun
from penstock.server.database.slots import occupied_in_pool, occupied_in_queue
from penstock.server.models.concurrency_limits.deployment_limits import DeploymentLimit
from penstock.server.models.explain.ahead import RunsAhead
from penstock.server.models.explain.workers import Workers
from penstock.server.models.run_contexts import join_context


@dataclass(frozen=True, slots=True)
class Pause:
    """Whether a pool or a queue is paused, by whom, since when and why."""

    is_paused: bool = False
    by: str | None = None
    since: datetime | None = None
    comment: str | None = None


@dataclass(slots=True)
class Slots:
    """A limit and its use; ``owners`` are the first of those who hold the slots."""

    name: str
    limit: int
    occupied: int
    owners: list[SlotOwner] = field(default_factory=list)

    @property
    def free(self) -> int:
        """How many slots are left."""
        return max(0, self.limit - self.occupied)


@dataclass(slots=True)
class Situation:
    """What the reasons are judged by. What has no limit has no ``Slots``."""

    run: FlowRun
    now: datetime
    deployment_name: str | None
    work_pool_id: UUID | None
    work_pool_name: str | None
    work_queue_name: str | None
    priority: int
    pool_pause: Pause
    queue_pause: Pause
    pool: Slots | None
    queue: Slots | None
    deployment_limit: DeploymentLimit | None
    deployment: Slots | None = None
    workers: Workers = field(default_factory=Workers)
    ahead: RunsAhead = field(default_factory=RunsAhead)
    is_chosen: bool = False
    """A poll or a claim of the whole pool would choose the run now."""

    @property
    def waits_for_dispatch(self) -> bool:
        """True for a run that waits to be handed out, if only it has a queue and a time."""
        is_scheduled = self.run.state_type is StateType.SCHEDULED
        return is_scheduled and self.run.empirical_policy.retry_type != IN_PROCESS

    @property
    def is_due(self) -> bool:
        """True when the run's time has come."""
        start = self.run.next_scheduled_start_time
        return start is not None and start <= self.now


@db_injector
async def read_situation(db: DBInterface, session: AsyncSession, flow_run_id: UUID) -> Situation | None:
    """Read a run and what stands over it, in one statement; None when there is no such run."""
    pool, queue, deployment = db.WorkPool, db.WorkQueue, db.Deployment
    statement = join_context(
        sa.select(
            db.FlowRun,
            database_now().label("now"),
            deployment.name.label("deployment_name"),
            deployment.concurrency_limit_id.label("limit_id"),
            deployment.concurrency_options.label("options"),
            *_columns("pool", pool, occupied_in_pool(pool.id)),
            *_columns("queue", queue, occupied_in_queue(queue.id)),
            queue.priority.label("priority"),
        )
    ).where(db.FlowRun.id == flow_run_id)
    row = (await session.execute(statement.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        return None
    return Situation(
        run=row.FlowRun,
        now=row.now,
        deployment_name=row.deployment_name,
        work_pool_id=row.pool_id,
        work_pool_name=row.pool_name,
        work_queue_name=row.queue_name,
        priority=row.priority or 0,
        pool_pause=Pause(bool(row.pool_paused), row.pool_by, row.pool_since, row.pool_comment),
        queue_pause=Pause(bool(row.queue_paused), row.queue_by, row.queue_since, row.queue_comment),
        pool=_slots(row.pool_name, row.pool_limit, row.pool_occupied),
        queue=_slots(row.queue_name, row.queue_limit, row.queue_occupied),
        deployment_limit=DeploymentLimit.of(row.limit_id, row.options),
    )


def _columns(prefix: str, table: Any, occupied: sa.ColumnElement[int]) -> list[sa.ColumnElement[Any]]:
    return [
        table.id.label(f"{prefix}_id"),
        table.name.label(f"{prefix}_name"),
        table.is_paused.label(f"{prefix}_paused"),
        table.paused_by.label(f"{prefix}_by"),
        table.paused_since.label(f"{prefix}_since"),
        table.pause_reason.label(f"{prefix}_comment"),
        table.concurrency_limit.label(f"{prefix}_limit"),
        sa.case((table.concurrency_limit.is_not(None), occupied)).label(f"{prefix}_occupied"),
    ]


def _slots(name: str | None, limit: int | None, occupied: int | None) -> Slots | None:
    return None if name is None or limit is None else Slots(name, limit, occupied or 0)
