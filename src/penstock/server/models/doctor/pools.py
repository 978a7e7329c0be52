"""Pools have a default queue, queues have places of their own, and runs are in a queue."""

import sqlalchemy as sa

from penstock.schemas.responses import Finding
from penstock.server.database.states import is_scheduled
from penstock.server.models.doctor.check import Check, Examined, Findings, count_of, rows_of


async def find_shared_priorities(examined: Examined) -> Findings:
    """Find queues of one pool with the same priority."""
    queue, pool = examined.db.WorkQueue, examined.db.WorkPool
    rows = await rows_of(
        examined,
        sa.select(pool.id, pool.name, queue.priority, sa.func.count().label("queues"))
        .join(queue, queue.work_pool_id == pool.id)
        .group_by(pool.id, pool.name, queue.priority)
        .having(sa.func.count() > 1),
    )
    return Findings([
        Finding(
            sentence=f"{row.queues} queues of the work pool '{row.name}' have priority {row.priority}.",
            ids={"work_pool": row.id},
        )
        for row in rows
    ])  # fmt: skip


async def find_pools_without_default_queue(examined: Examined) -> Findings:
    """Find pools whose default queue is missing, or is another pool's."""
    queue, pool = examined.db.WorkQueue, examined.db.WorkPool
    rows = await rows_of(
        examined,
        sa.select(pool.id, pool.name)
        .outerjoin(queue, queue.id == pool.default_queue_id)
        .where(sa.or_(queue.id.is_(None), queue.work_pool_id != pool.id)),
    )
    return Findings([
        Finding(sentence=f"The work pool '{row.name}' has no default queue.", ids={"work_pool": row.id})
        for row in rows
    ])  # fmt: skip


async def find_stranded_runs(examined: Examined) -> Findings:
    """Find runs that wait in no queue though their deployment has one: no worker is given them."""
    run, deployment = examined.db.FlowRun, examined.db.Deployment
    rows = await rows_of(
        examined,
        sa.select(run.id, run.name, deployment.id.label("deployment_id"), deployment.name.label("of"))
        .join(deployment, deployment.id == run.deployment_id)
        .where(
            is_scheduled(run.state_type),
            run.work_queue_id.is_(None),
            deployment.work_queue_id.is_not(None),
        ),
    )
    return Findings([
        Finding(
            sentence=f"The run '{row.name}' waits in no queue, but its deployment '{row.of}' has one.",
            ids={"flow_run": row.id, "deployment": row.deployment_id},
        )
        for row in rows
    ])  # fmt: skip


POOL_CHECKS = (
    Check(
        "queue-priorities",
        "No two queues of a work pool have the same priority.",
        lambda db: count_of(db.WorkQueue),
        find_shared_priorities,
    ),
    Check(
        "default-queues",
        "Every work pool has a default queue of its own.",
        lambda db: count_of(db.WorkPool),
        find_pools_without_default_queue,
    ),
    Check(
        "waiting-runs-have-queues",
        "No run waits in no queue while its deployment has one.",
        lambda db: count_of(db.FlowRun, is_scheduled(db.FlowRun.state_type)),
        find_stranded_runs,
    ),
)
