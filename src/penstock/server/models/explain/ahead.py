"""How many due runs go before a run, by the order of dispatch: priority, start time, id."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now
from penstock.server.database.orm_models import ConcurrencyLimit
from penstock.server.database.states import is_dispatchable
from penstock.server.models.concurrency_limits.locks import read_limits
from penstock.server.models.concurrency_limits.usage import usage_of


@dataclass(frozen=True, slots=True)
class RunsAhead:
    """Due runs of the pool's open queues that go first.

    ``in_queue`` of them are in the run's own queue, ``of_limit`` stand under the same limit of a
    deployment; ``blocked`` wait for a slot of their deployment, and ``blocked_in_queue`` of those
    are in the run's own queue.
    """

    total: int = 0
    in_queue: int = 0
    of_limit: int = 0
    blocked: int = 0
    blocked_in_queue: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a run in the order of dispatch."""

    work_pool_id: UUID
    work_queue_id: UUID
    priority: int
    start: datetime
    flow_run_id: UUID
    limit_id: UUID | None = None


@db_injector
async def count_runs_ahead(db: DBInterface, session: AsyncSession, place: Place) -> RunsAhead:
    """Count what goes before the place; the runs of paused queues do not."""
    run, queue, deployment = db.FlowRun, db.WorkQueue, db.Deployment
    start = run.next_scheduled_start_time
    earlier = sa.or_(start < place.start, sa.and_(start == place.start, run.id < place.flow_run_id))
    goes_first = sa.or_(queue.priority < place.priority, sa.and_(queue.priority == place.priority, earlier))
    rows = await session.execute(
        sa.select(run.work_queue_id, deployment.concurrency_limit_id, sa.func.count())
        .join(queue, queue.id == run.work_queue_id)
        .outerjoin(deployment, deployment.id == run.deployment_id)
        .where(
            queue.work_pool_id == place.work_pool_id,
            queue.is_paused.is_(False),
            is_dispatchable(run.state_type, run.retry_type),
            start <= database_now(),
            goes_first,
        )
        .group_by(run.work_queue_id, deployment.concurrency_limit_id)
    )
    groups = [(queue_id, limit_id, count) for queue_id, limit_id, count in rows]
    full = await _full_limits(session, {limit_id for _, limit_id, _ in groups if limit_id is not None})
    of_queue = [group for group in groups if group[0] == place.work_queue_id]
    return RunsAhead(
        total=_sum(groups),
        in_queue=_sum(of_queue),
        of_limit=_sum(one for one in groups if place.limit_id is not None and one[1] == place.limit_id),
        blocked=_sum(one for one in groups if one[1] in full),
        blocked_in_queue=_sum(one for one in of_queue if one[1] in full),
    )


async def _full_limits(session: AsyncSession, limit_ids: set[UUID]) -> set[UUID]:
    if not limit_ids:
        return set()
    chosen = sa.and_(ConcurrencyLimit.id.in_(limit_ids), ConcurrencyLimit.active)
    rows = await read_limits(session, chosen)
    return {row.id for row in rows if usage_of(row).free < 1}


def _sum(groups: Iterable[tuple[UUID | None, UUID | None, int]]) -> int:
    return sum(count for _, _, count in groups)
