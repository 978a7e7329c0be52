"""How long the runs of a pool took that ended lately."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, epoch_microseconds, seconds_before_now
from penstock.server.database.states import in_states

SAMPLE_SECONDS = 3600
MOST_LOOKED_AT = 2000
"""Runs of the whole server, the newest first, among which those of the pool are looked for."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How many completed runs were found and how long one of them took on average, in seconds."""

    count: int
    mean_seconds: float


@db_injector
async def read_recent_durations(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> Durations:
    """Read how long runs of the pool took that were due within the last hour and have completed.

    Only the server's newest runs are looked at, through the index of start times, so that the
    cost is the same for any history.
    """
    run = db.FlowRun
    newest = (
        sa.select(run.work_queue_id, run.state_type, run.start_time, run.end_time)
        .where(
            run.expected_start_time > seconds_before_now(sa.literal(float(SAMPLE_SECONDS), sa.Float())),
            run.expected_start_time <= database_now(),
        )
        .order_by(run.expected_start_time.desc(), run.id.desc())
        .limit(MOST_LOOKED_AT)
        .subquery()
    )
    took = epoch_microseconds(newest.c.end_time) - epoch_microseconds(newest.c.start_time)
    count, mean = (
        await session.execute(
            sa.select(sa.func.count(), sa.func.avg(took))
            .join(db.WorkQueue, db.WorkQueue.id == newest.c.work_queue_id)
            .where(
                db.WorkQueue.work_pool_id == work_pool_id,
                in_states(newest.c.state_type, [StateType.COMPLETED]),
                newest.c.start_time.is_not(None),
                newest.c.end_time.is_not(None),
            )
        )
    ).one()
    return Durations(count, float(mean or 0) / 1_000_000)
