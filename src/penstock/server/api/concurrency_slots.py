"""Routes that take slots of concurrency limits and give them back (orchestration.md 4.8)."""

from typing import Annotated, NoReturn
from uuid import UUID

from fastapi import APIRouter, Body, HTTPException, Response
from pydantic import TypeAdapter

from penstock.schemas.actions import ConcurrencyLeaseHolder, IncrementMode
from penstock.schemas.actions.concurrency_limits import LeaseSeconds, OccupancySeconds, SlotCount
from penstock.schemas.filters.operators import AnyOf
from penstock.schemas.lists import list_of
from penstock.schemas.responses import ConcurrencyLimitWithLeaseResponse, MinimalConcurrencyLimitResponse
from penstock.schemas.values import Text
from penstock.server.api.concurrency_limit_answers import minimal_limits
from penstock.server.api.dependencies import Database
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.models import concurrency_limits
from penstock.server.models.concurrency_limits import NoSlots

router = APIRouter(prefix="/v2/concurrency_limits", tags=["Concurrency limits"], route_class=JsonRoute)

LIMITS = list_of(MinimalConcurrencyLimitResponse)
LEASED = TypeAdapter(ConcurrencyLimitWithLeaseResponse)

Slots = Annotated[SlotCount, Body(description="How many slots of each limit.")]
Names = Annotated[AnyOf[Text], Body(description="Limits by name; unknown and inactive ones are ignored.")]
Mode = Annotated[
    IncrementMode | None, Body(description="rate_limit asks for limits whose slots come back by decay.")
]
LeaseDuration = Annotated[LeaseSeconds | None, Body(description="Seconds until the lease expires.")]

DEFAULT_LEASE_SECONDS = 300.0


def answer_no_slots(denied: NoSlots, retry_after_seconds: float | None = None) -> NoReturn:
    """Answer 423 with the seconds after which to ask again."""
    seconds = denied.retry_after_seconds if retry_after_seconds is None else retry_after_seconds
    raise HTTPException(
        423,
        detail=f"The limit '{denied.limit.name}' has too few free slots.",
        headers={"Retry-After": f"{seconds:.3f}"},
    )


@router.post("/increment", response_model=list[MinimalConcurrencyLimitResponse])
async def increment(
    slots: Slots, names: Names, db: Database, mode: Mode = IncrementMode.CONCURRENCY
) -> Response:
    """Take slots of all the limits, or of none: 423 says when to ask again."""
    async with db.session_context(begin_transaction=True) as session:
        taken = await concurrency_limits.take_slots(
            session=session, names=names, slots=slots, mode=mode or IncrementMode.CONCURRENCY
        )
    if isinstance(taken, NoSlots):
        answer_no_slots(taken)
    return json_answer(LIMITS, minimal_limits(taken.limits))


@router.post("/increment-with-lease", response_model=ConcurrencyLimitWithLeaseResponse)
async def increment_with_lease(
    slots: Slots,
    names: Names,
    db: Database,
    mode: Mode = IncrementMode.CONCURRENCY,
    lease_duration: LeaseDuration = DEFAULT_LEASE_SECONDS,
    holder: Annotated[ConcurrencyLeaseHolder | None, Body(description="Who holds the slots.")] = None,
) -> Response:
    """Take slots of all the limits, or of none; they are free again when the lease ends or expires."""
    lease = concurrency_limits.lease_for(holder, slots, lease_duration or DEFAULT_LEASE_SECONDS)
    async with db.session_context(begin_transaction=True) as session:
        taken = await concurrency_limits.take_slots(
            session=session,
            names=names,
            slots=slots,
            mode=mode or IncrementMode.CONCURRENCY,
            lease=lease,
        )
    if isinstance(taken, NoSlots):
        answer_no_slots(taken)
    assert taken.lease_id is not None
    answer = ConcurrencyLimitWithLeaseResponse(lease_id=taken.lease_id, limits=minimal_limits(taken.limits))
    return json_answer(LEASED, answer)


@router.post("/decrement", response_model=list[MinimalConcurrencyLimitResponse])
async def decrement(
    slots: Slots,
    names: Names,
    db: Database,
    occupancy_seconds: Annotated[
        OccupancySeconds | None, Body(description="For how long the slots were held.")
    ] = None,
) -> Response:
    """Give back slots that were taken without a lease."""
    async with db.session_context(begin_transaction=True) as session:
        limits = await concurrency_limits.return_slots(
            session=session, names=names, slots=slots, occupancy_seconds=occupancy_seconds
        )
    return json_answer(LIMITS, minimal_limits(limits))


@router.post("/decrement-with-lease", status_code=204)
async def decrement_with_lease(
    lease_id: Annotated[UUID, Body(embed=True, description="The lease to end.")], db: Database
) -> Response:
    """End a lease; one that has ended already is no error."""
    async with db.session_context(begin_transaction=True) as session:
        await concurrency_limits.end_lease(session=session, lease_id=lease_id)
    return no_content()


@router.post("/leases/{lease_id}/renew", status_code=204)
async def renew_lease(
    lease_id: UUID,
    db: Database,
    lease_duration: Annotated[
        LeaseSeconds | None, Body(embed=True, description="Seconds from now until the lease expires.")
    ] = DEFAULT_LEASE_SECONDS,
) -> Response:
    """Let a lease go on; 410 when it has ended or expired, and its slots may be somebody else's."""
    async with db.session_context(begin_transaction=True) as session:
        renewed = await concurrency_limits.renew_lease(
            session=session, lease_id=lease_id, seconds=lease_duration or DEFAULT_LEASE_SECONDS
        )
    if not renewed:
        raise HTTPException(410, detail="The lease has ended or expired.")
    return no_content()
