"""Routes by which claiming workers keep what they have claimed (design, section 3)."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import Field, TypeAdapter

from penstock.core.errors import ConflictError, ObjectNotFoundError
from penstock.schemas.actions import AttemptRenewal
from penstock.schemas.responses import AttemptStanding, RenewedAttempts
from penstock.schemas.values import LARGEST_INTEGER, KeyText
from penstock.server.api.dependencies import ClaimTimes, Database, RenewalSeconds
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.work_pools import require_work_pool
from penstock.server.database import FEW_ROWS
from penstock.server.models import attempts, workers

router = APIRouter(tags=["Dispatch"], route_class=JsonRoute)

RENEWED = TypeAdapter(RenewedAttempts)
STANDING = TypeAdapter(AttemptStanding)


@router.post("/work_pools/{work_pool_name}/renew", response_model=RenewedAttempts)
async def renew_attempts(
    work_pool_name: str,
    renewal: AttemptRenewal,
    db: Database,
    lease_times: ClaimTimes,
    renewal_seconds: RenewalSeconds,
) -> Response:
    """Renew the leases of all runs a worker is at; counts as its heartbeat.

    The answer says of every run whether it is still the worker's, and in which state it is.
    """
    listed = {one.flow_run_id: one.attempt for one in renewal.attempts}
    async with db.session_context(begin_transaction=True, brief=len(listed) <= FEW_ROWS) as session:
        work_pool = await require_work_pool(session, work_pool_name)
        worker = await workers.record_worker_heartbeat(
            session=session,
            work_pool=work_pool,
            worker_name=renewal.worker_name,
            heartbeat_interval_seconds=renewal.heartbeat_interval_seconds,
            emit_status_change=workers.emit_work_pool_status_event,
            return_worker=True,
        )
        standings = await attempts.renew_attempts(
            session=session,
            worker_name=renewal.worker_name,
            attempts=listed,
            seconds=lease_times.claim_seconds + lease_times.grace_seconds,
        )
        unlisted = await attempts.read_unlisted_attempts(
            session=session, work_pool_id=work_pool.id, worker_name=renewal.worker_name, listed=listed
        )
    assert worker is not None
    answer = RenewedAttempts(
        lease_seconds=lease_times.claim_seconds,
        grace_seconds=lease_times.grace_seconds,
        renewal_seconds=renewal_seconds,
        is_draining=worker.draining_since is not None,
        attempts=[_standing(one, listed[one.flow_run_id]) for one in standings] + _deleted(listed, standings),
        unlisted=[_standing(one) for one in unlisted],
    )
    return json_answer(RENEWED, answer)


@router.post("/flow_runs/{flow_run_id:uuid}/renew", tags=["Flow runs"], response_model=AttemptStanding)
async def renew_attempt(
    flow_run_id: UUID,
    worker_name: Annotated[KeyText, Body(min_length=1)],
    attempt: Annotated[int, Body(), Field(ge=1, le=LARGEST_INTEGER)],
    db: Database,
    lease_times: ClaimTimes,
) -> Response:
    """Renew the lease of one run; 409 when the attempt is over, saying which is the current one."""
    async with db.session_context(begin_transaction=True, brief=True) as session:
        found = await attempts.renew_attempts(
            session=session,
            worker_name=worker_name,
            attempts={flow_run_id: attempt},
            seconds=lease_times.claim_seconds + lease_times.grace_seconds,
        )
    if not found:
        raise ObjectNotFoundError("Flow run", flow_run_id)
    standing = _standing(found[0], attempt)
    if standing.reason is not None:
        raise ConflictError(standing.reason)
    return json_answer(STANDING, standing)


def _standing(held: attempts.HeldAttempt, named: int | None = None) -> AttemptStanding:
    return AttemptStanding(
        flow_run_id=held.flow_run_id,
        is_yours=held.is_renewed,
        attempt=held.attempt,
        state_type=held.state_type,
        state_name=held.state_name,
        lease_expires_at=held.lease_expires_at,
        reason=None if held.is_renewed else held.why_it_is_over(named),
    )


def _deleted(listed: Iterable[UUID], standings: Iterable[attempts.HeldAttempt]) -> list[AttemptStanding]:
    known = {one.flow_run_id for one in standings}
    return [
        AttemptStanding(flow_run_id=run_id, is_yours=False, reason="The run has been deleted.")
        for run_id in listed
        if run_id not in known
    ]
