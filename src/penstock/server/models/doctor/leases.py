"""Slots of deployments and units of cleanup are lent to those who are still there."""

from typing import Any

import sqlalchemy as sa

from penstock.core.states import StateType
from penstock.schemas.responses import Finding
from penstock.server.database.expressions import seconds_before_now
from penstock.server.database.orm_models import CONCURRENCY_LEASE_LIMIT
from penstock.server.database.states import holds_queue_slot, in_states, retries_in_process
from penstock.server.models.doctor.check import Check, Examined, Findings, count_of, rows_of


async def find_orphaned_slots(examined: Examined) -> Findings:
    """Find slots of deployments that are lent to runs which have ended or wait to be taken."""
    db = examined.db
    lease, run = db.ConcurrencyLease, db.FlowRun
    has_process = sa.or_(
        holds_queue_slot(run.state_type),
        retries_in_process(run.state_type, run.retry_type),
        in_states(run.state_type, [StateType.PAUSED]),
    )
    rows = await rows_of(
        examined,
        sa.select(lease.id, run.id.label("flow_run_id"), run.name, run.state_name)
        .outerjoin(run, run.id == lease.flow_run_id)
        .where(
            lease.flow_run_id.is_not(None),
            sa.or_(run.id.is_(None), run.state_type.is_(None), sa.not_(has_process)),
        ),
    )
    return Findings([
        Finding(
            sentence=f"A slot is lent to the run '{row.name}', which is {row.state_name}."
            if row.name
            else "A slot is lent to a run that does not exist.",
            ids={"concurrency_lease": row.id} | ({"flow_run": row.flow_run_id} if row.flow_run_id else {}),
        )
        for row in rows
    ])  # fmt: skip


async def find_miscounted_slots(examined: Examined) -> Findings:
    """Find leases that hold another number of slots of a limit than they are for, or none at all."""
    db, held = examined.db, CONCURRENCY_LEASE_LIMIT.c
    limit, lease = db.ConcurrencyLimit, db.ConcurrencyLease
    rows = await rows_of(
        examined,
        sa.select(lease.id, limit.id.label("limit_id"), limit.name, held.slots, lease.slots.label("lent"))
        .join(CONCURRENCY_LEASE_LIMIT, held.lease_id == lease.id)
        .join(limit, limit.id == held.limit_id)
        .where(held.slots != 0, sa.or_(held.slots != lease.slots, limit.slot_decay_per_second > 0)),
    )
    return Findings([
        Finding(
            sentence=f"A lease over {row.lent} slots holds {row.slots} of the limit '{row.name}'.",
            ids={"concurrency_lease": row.id, "concurrency_limit": row.limit_id},
        )
        for row in rows
    ])  # fmt: skip


async def find_overdue_cleanup(examined: Examined) -> Findings:
    """Find cleanup that a worker was handed long ago and nobody took back."""
    message = examined.db.CleanupMessage
    overdue = sa.literal(examined.patience.overdue_seconds, sa.Float())
    rows = await rows_of(
        examined,
        sa.select(message.id, message.kind, message.work_pool_id).where(
            message.settled_at.is_(None),
            message.lease_expires_at.is_not(None),
            message.lease_expires_at < seconds_before_now(overdue),
        ),
    )
    return Findings([
        Finding(
            sentence=f"Cleanup ('{row.kind}') is overdue with a worker and was not taken back.",
            ids={"cleanup_message": row.id, "work_pool": row.work_pool_id},
        )
        for row in rows
    ])  # fmt: skip


def _leases(db: Any) -> sa.Select[Any]:
    return count_of(db.ConcurrencyLease)


LEASE_CHECKS = (
    Check(
        "slots-of-live-runs",
        "Every slot of a deployment's limit is lent to a run that is under way.",
        _leases,
        find_orphaned_slots,
    ),
    Check(
        "slots-are-counted",
        "Every lease holds as many slots of a limit as it is for, or none.",
        _leases,
        find_miscounted_slots,
    ),
    Check(
        "cleanup-is-taken-back",
        "No cleanup is overdue with a worker.",
        lambda db: count_of(db.CleanupMessage, db.CleanupMessage.settled_at.is_(None)),
        find_overdue_cleanup,
    ),
)
