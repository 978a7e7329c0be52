"""How many runs have started in each of the last minutes."""

from collections import defaultdict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, epoch_microseconds, seconds_before_now

STARTS_MINUTES = 30
MOST_STARTS = 10_000
"""Starts that are looked at, the newest first."""

STARTED = ("prefect.flow-run.Running", "prefect.flow-run.Retrying")
MINUTE_MICROSECONDS = 60_000_000

Starts = dict[UUID, list[int | None]]


@db_injector
async def read_recent_starts(db: DBInterface, session: AsyncSession) -> Starts:
    """Count the starts of the last minutes by pool, the newest minute last; idle pools are absent.

    Read from the events, whose index has them in the order of time, and never more than
    ``MOST_STARTS``: the minutes that so many do not reach back to are None.
    """
    event, state, run, queue = db.Event, db.FlowRunState, db.FlowRun, db.WorkQueue
    newest = (
        sa.select(event.id, event.occurred)
        .where(
            event.event.in_(STARTED),
            event.occurred > seconds_before_now(sa.literal(60.0 * STARTS_MINUTES, sa.Double())),
            event.occurred <= database_now(),
        )
        .order_by(event.occurred.desc(), event.id.desc())
        .limit(MOST_STARTS)
        .subquery()
    )
    age = (epoch_microseconds(database_now()) - epoch_microseconds(newest.c.occurred)) // sa.literal_column(
        str(MINUTE_MICROSECONDS), sa.BigInteger()
    )
    # A state's event bears the state's id.
    rows = (
        await session.execute(
            sa.select(queue.work_pool_id, age.label("age"), sa.func.count())
            .select_from(newest)
            .join(state, state.id == newest.c.id)
            .join(run, run.id == state.flow_run_id)
            .join(queue, queue.id == run.work_queue_id)
            .where(queue.work_pool_id.is_not(None))
            .group_by(queue.work_pool_id, sa.literal_column("2"))
        )
    ).all()
    return _by_pool([(pool_id, int(minutes), count) for pool_id, minutes, count in rows])


def _by_pool(rows: list[tuple[UUID, int, int]]) -> Starts:
    is_cut_off = sum(count for *_, count in rows) >= MOST_STARTS
    counted = max((age for _, age, _ in rows), default=0) if is_cut_off else STARTS_MINUTES
    known = min(counted, STARTS_MINUTES)
    starts: Starts = defaultdict(lambda: [None] * (STARTS_MINUTES - known) + [0] * known)
    for pool_id, age, count in rows:
        minutes = starts[pool_id]
        if age < known:
            minutes[STARTS_MINUTES - 1 - age] = count
    return dict(starts)
