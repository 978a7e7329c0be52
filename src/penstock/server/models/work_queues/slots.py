"""Slots in use on the older routes: CANCELLING counts too; tag queues match by tag (workers.md 1.5)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import has_all_tags
from penstock.server.database.states import holds_queue_slot, holds_slot


def runs_of_tag_queue(db: DBInterface, work_queue: orm_models.WorkQueue) -> sa.ColumnElement[bool]:
    """Return the condition by which a tag queue chooses runs: tags and deployments."""
    assert work_queue.filter is not None
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if work_queue.filter.tags:
        conditions.append(has_all_tags(db.FlowRun.tags, work_queue.filter.tags))
    if work_queue.filter.deployment_ids:
        conditions.append(db.FlowRun.deployment_id.in_(work_queue.filter.deployment_ids))
    return sa.and_(*conditions)


@db_injector
async def count_work_queue_active_slots_bulk(
    db: DBInterface, session: AsyncSession, work_queue_ids: Sequence[UUID]
) -> dict[UUID, int]:
    """Count the slots in use of several queues; idle ordinary queues are absent, tag queues never."""
    if not work_queue_ids:
        return {}
    queues = (await session.scalars(sa.select(db.WorkQueue).where(db.WorkQueue.id.in_(work_queue_ids)))).all()
    rows = await session.execute(
        sa.select(db.FlowRun.work_queue_id, sa.func.count())
        .where(
            db.FlowRun.work_queue_id.in_([one.id for one in queues if one.filter is None]),
            holds_queue_slot(db.FlowRun.state_type),
        )
        .group_by(db.FlowRun.work_queue_id)
    )
    counts = {queue_id: count for queue_id, count in rows if queue_id is not None}
    for queue in queues:
        if queue.filter is not None:
            counts[queue.id] = (
                await session.scalar(
                    sa.select(sa.func.count())
                    .select_from(db.FlowRun)
                    .where(runs_of_tag_queue(db, queue), holds_slot(db.FlowRun.state_type))
                )
                or 0
            )
    return counts


@db_injector
async def count_work_queue_active_slots(db: DBInterface, session: AsyncSession, work_queue_id: UUID) -> int:
    """Count the slots in use of one queue; 0 for an unknown one."""
    counts = await count_work_queue_active_slots_bulk(session, [work_queue_id])
    return counts.get(work_queue_id, 0)
