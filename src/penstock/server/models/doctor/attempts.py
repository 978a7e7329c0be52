"""Every run that somebody has is held under a lease, and nobody holds a run that waits or has ended."""

from typing import Any

import sqlalchemy as sa

from penstock.core.states import StateType
from penstock.schemas.responses import Finding
from penstock.server.database import DBInterface
from penstock.server.database.expressions import seconds_before_now
from penstock.server.database.states import (
    holds_queue_slot,
    holds_slot,
    in_states,
    retries_in_process,
)
from penstock.server.models.attempts.keeping import is_held
from penstock.server.models.doctor.check import Check, Examined, Findings, count_of, rows_of


async def find_half_leases(examined: Examined) -> Findings:
    """Find runs with a kind of lease and no end of it, or the other way round."""
    run = examined.db.FlowRun
    is_half = run.lease_kind.is_(None) != run.lease_expires_at.is_(None)
    rows = await rows_of(examined, sa.select(run.id, run.name, run.lease_kind).where(is_half))
    return Findings([
        _finding(row, "has a lease that never ends" if row.lease_kind else "has a lease of no kind")
        for row in rows
    ])  # fmt: skip


async def find_leases_of_nobody(examined: Examined) -> Findings:
    """Find leases over runs that have ended, or wait for somebody to take them."""
    run = examined.db.FlowRun
    may_be_held = sa.or_(holds_queue_slot(run.state_type), retries_in_process(run.state_type, run.retry_type))
    rows = await rows_of(
        examined,
        sa.select(run).where(
            run.lease_expires_at.is_not(None), sa.or_(run.state_type.is_(None), sa.not_(may_be_held))
        ),
    )
    return Findings([
        _finding(one, f"is {one.state_name} and still held by {one.worker_name or 'somebody'}")
        for (one,) in rows
        if one.state is None or not is_held(one, one.state)
    ])  # fmt: skip


async def find_live_runs_of_nobody(examined: Examined) -> Findings:
    """Find runs that workers were given and that nobody holds: nothing would ever end them."""
    run = examined.db.FlowRun
    is_waiting_in_process = retries_in_process(run.state_type, run.retry_type)
    never_expires = sa.and_(in_states(run.state_type, [StateType.PAUSED]), run.paused_until.is_(None))
    rows = await rows_of(
        examined,
        sa.select(run).where(
            sa.or_(holds_slot(run.state_type), is_waiting_in_process, never_expires),
            run.lease_expires_at.is_(None),
            sa.or_(run.deployment_id.is_not(None), run.work_queue_id.is_not(None)),
        ),
    )
    found = Findings()
    for (one,) in rows:
        if one.state_type is StateType.PAUSED and not is_held(one, one.state):
            continue
        if one.attempt == 0:
            found.overrides.append(_finding(one, f"was created as {one.state_name} and has no holder"))
        else:
            found.violations.append(_finding(one, f"is {one.state_name} and nobody holds it"))
    return found


async def find_overdue_attempts(examined: Examined) -> Findings:
    """Find leases that ran out long ago: the loop that ends attempts does not run."""
    run = examined.db.FlowRun
    overdue = sa.literal(examined.patience.overdue_seconds, sa.Float())
    rows = await rows_of(
        examined,
        sa.select(run.id, run.name, run.lease_expires_at).where(
            run.lease_expires_at.is_not(None), run.lease_expires_at < seconds_before_now(overdue)
        ),
    )
    return Findings([
        _finding(row, f"should have been given up at {row.lease_expires_at:%Y-%m-%d %H:%M:%S} UTC")
        for row in rows
    ])  # fmt: skip


def _finding(run: Any, what: str) -> Finding:
    return Finding(sentence=f"The run '{run.name}' {what}.", ids={"flow_run": run.id})


def _held(db: DBInterface) -> sa.Select[Any]:
    return count_of(db.FlowRun, db.FlowRun.lease_expires_at.is_not(None))


ATTEMPT_CHECKS = (
    Check(
        "whole-leases",
        "Every lease over a run has a kind and an end.",
        lambda db: count_of(db.FlowRun),
        find_half_leases,
        is_quick=False,
    ),
    Check(
        "leases-over-held-runs",
        "Nobody holds a run that has ended or waits to be taken.",
        _held,
        find_leases_of_nobody,
    ),
    Check(
        "live-runs-are-held",
        "Every run that is under way for a worker has a holder, or a time at which it ends.",
        lambda db: count_of(db.FlowRun, holds_queue_slot(db.FlowRun.state_type)),
        find_live_runs_of_nobody,
        is_quick=False,
    ),
    Check(
        "attempts-are-ended",
        "No attempt is overdue: the loop that ends silent attempts runs.",
        _held,
        find_overdue_attempts,
    ),
)
