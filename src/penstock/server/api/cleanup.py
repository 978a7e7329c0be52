"""Routes by which workers take over cleanup, one request at a time (design, section 3)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from penstock.core.errors import ConflictError
from penstock.schemas.actions import CleanupClaim, CleanupOutcome, CleanupSettlement
from penstock.schemas.lists import list_of
from penstock.schemas.responses import ClaimedCleanup
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.work_pools import require_work_pool
from penstock.server.database.orm_models import CleanupMessage
from penstock.server.models import cleanup_messages
from penstock.server.models.cleanup_messages import CleanupStatus
from penstock.server.services import CleanupDispatcher

router = APIRouter(prefix="/work_pools/{work_pool_name}/cleanup", tags=["Cleanup"], route_class=JsonRoute)

CLAIMED = list_of(ClaimedCleanup)
LATE = {
    CleanupStatus.NOT_CURRENT: "Nobody has this cleanup at present; it waits to be claimed.",
    CleanupStatus.INVALID_TOKEN: "Another worker has this cleanup now.",
    CleanupStatus.EXPIRED: "The lease is over; this cleanup goes to another worker.",
    CleanupStatus.DEAD_LETTERED: "This cleanup was given up after too many attempts.",
}


async def _dispatcher(request: Request) -> CleanupDispatcher:
    dispatcher: CleanupDispatcher = request.app.state.cleanup_dispatcher
    return dispatcher


Dispatcher = Annotated[CleanupDispatcher, Depends(_dispatcher)]


@router.post("/claim", response_model=list[ClaimedCleanup])
async def claim_cleanup(
    work_pool_name: str, claim: CleanupClaim, db: Database, dispatcher: Dispatcher
) -> Response:
    """Take over infrastructure on the caller's machine that is to be torn down, the oldest first.

    Each piece is the caller's until it is settled or its lease is over.
    """
    async with db.session_context() as session:
        work_pool = await require_work_pool(session, work_pool_name)
        is_waiting = await cleanup_messages.has_waiting_cleanup(
            session=session, work_pool_id=work_pool.id, kinds=claim.kinds, hosts=claim.hosts
        )
    if not is_waiting:
        return json_answer(CLAIMED, [])
    answer: list[ClaimedCleanup] = []
    async with db.session_context(begin_transaction=True) as session:
        while len(answer) < claim.limit:
            message = await cleanup_messages.reserve_cleanup_message(
                session=session,
                work_pool_id=work_pool.id,
                kinds=claim.kinds,
                hosts=claim.hosts,
                lease_seconds=dispatcher.lease_seconds,
                max_attempts=dispatcher.max_attempts,
            )
            if message is None:
                break
            answer.append(_claimed(message))
    return json_answer(CLAIMED, answer)


@router.post("/{message_id:uuid}/settle", status_code=204)
async def settle_cleanup(
    work_pool_name: str,
    message_id: UUID,
    settlement: CleanupSettlement,
    db: Database,
    dispatcher: Dispatcher,
) -> Response:
    """Say what became of it. What failed is given out again, and is a dead letter after its last attempt.

    409 when it is not the caller's any more.
    """
    async with db.session_context(begin_transaction=True) as session:
        work_pool = await require_work_pool(session, work_pool_name)
        if settlement.outcome is CleanupOutcome.DONE:
            result = await cleanup_messages.acknowledge_cleanup_message(
                session=session, message_id=message_id, work_pool_id=work_pool.id, token=settlement.token
            )
        else:
            result = await cleanup_messages.release_cleanup_message(
                session=session,
                message_id=message_id,
                work_pool_id=work_pool.id,
                token=settlement.token,
                reason="failed",
                max_attempts=dispatcher.max_attempts,
                detail=settlement.detail,
            )
    if result.status in LATE:
        raise ConflictError(LATE[result.status])
    if result.status is not CleanupStatus.ACCEPTED:
        not_found("There is no such cleanup in this pool, or it is done.")
    return no_content()


def _claimed(message: CleanupMessage) -> ClaimedCleanup:
    assert message.reservation_token is not None
    assert message.lease_expires_at is not None
    return ClaimedCleanup(
        message_id=message.id,
        kind=message.kind,
        token=message.reservation_token,
        lease_expires_at=message.lease_expires_at,
        attempt=message.delivery_count,
        target=message.target,
    )
