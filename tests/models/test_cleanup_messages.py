"""The queue of cleanup for workers (workers.md 6.4)."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import CleanupMessage, WorkPool
from penstock.server.models import cleanup_messages
from penstock.server.models.cleanup_messages import CleanupResult, CleanupStatus
from penstock.server.services import CleanupLeases
from tests.support.factories import ago, default_queue, make_pool, make_queue

conformance = pytest.mark.conformance

KIND = "cancelling_timeout_teardown.v1"


@pytest.fixture
async def pool(session: AsyncSession) -> WorkPool:
    return await make_pool(session)


async def enqueue(session: AsyncSession, pool: WorkPool, key: str = "k", **given: Any) -> CleanupMessage:
    message_id = given.pop("message_id", None) or uuid4()
    return await cleanup_messages.enqueue_cleanup_message(
        session=session,
        message_id=message_id,
        work_pool_id=pool.id,
        kind=given.pop("kind", KIND),
        idempotency_key=key,
        **given,
    )


async def reserve(session: AsyncSession, pool: WorkPool, **given: Any) -> CleanupMessage | None:
    return await cleanup_messages.reserve_cleanup_message(
        session=session, work_pool_id=pool.id, kinds=given.pop("kinds", [KIND]), **given
    )


async def reserved(session: AsyncSession, pool: WorkPool, **given: Any) -> tuple[UUID, str]:
    message = await reserve(session, pool, **given)
    assert message is not None
    assert message.reservation_token is not None
    return message.id, message.reservation_token


async def acknowledge(session: AsyncSession, pool: WorkPool, message_id: UUID, token: str) -> CleanupStatus:
    result: CleanupResult = await cleanup_messages.acknowledge_cleanup_message(
        session=session, message_id=message_id, work_pool_id=pool.id, token=token
    )
    return result.status


async def release(session: AsyncSession, pool: WorkPool, message_id: UUID, token: str) -> CleanupStatus:
    result: CleanupResult = await cleanup_messages.release_cleanup_message(
        session=session, message_id=message_id, work_pool_id=pool.id, token=token, reason="busy"
    )
    return result.status


async def let_leases_run_out(session: AsyncSession) -> None:
    await session.execute(
        sa.update(CleanupMessage)
        .where(CleanupMessage.lease_expires_at.is_not(None))
        .values(lease_expires_at=ago(seconds=1))
        .execution_options(synchronize_session=False)
    )


@conformance(233)
async def test_a_message_is_taken_in_once(session: AsyncSession, pool: WorkPool) -> None:
    first = await enqueue(session, pool, target={"a": 1})

    by_key = await enqueue(session, pool)
    by_id = await enqueue(session, pool, message_id=first.id)
    taken = await reserved(session, pool)
    await acknowledge(session, pool, *taken)
    after = await enqueue(session, pool)

    assert {first.id, by_key.id, by_id.id, after.id} == {first.id}
    assert after.target == {"a": 1}
    assert await reserve(session, pool) is None


@conformance(233)
async def test_a_message_keeps_pool_and_key(session: AsyncSession, pool: WorkPool) -> None:
    first = await enqueue(session, pool)
    other = await make_pool(session)

    with pytest.raises(ValueError, match="another"):
        await enqueue(session, pool, "other", message_id=first.id)
    with pytest.raises(ValueError, match="another"):
        await enqueue(session, other, message_id=first.id)
    with pytest.raises(ValueError, match="key"):
        await enqueue(session, pool, "")
    assert (await enqueue(session, other)).id != first.id


@conformance(234)
async def test_one_worker_at_a_time_has_a_message(session: AsyncSession, pool: WorkPool) -> None:
    await enqueue(session, pool)

    message = await reserve(session, pool, lease_seconds=30)

    assert message is not None
    assert message.delivery_count == 1
    assert message.lease_expires_at is not None
    assert 25 < (message.lease_expires_at - utc_now()).total_seconds() < 35
    assert await reserve(session, pool) is None


@conformance(234)
async def test_only_the_holder_settles_a_message(session: AsyncSession, pool: WorkPool) -> None:
    message = await enqueue(session, pool)
    other = await make_pool(session)

    assert await acknowledge(session, pool, uuid4(), "x") is CleanupStatus.NOT_FOUND
    assert await acknowledge(session, pool, message.id, "x") is CleanupStatus.NOT_CURRENT
    message_id, token = await reserved(session, pool)
    assert await acknowledge(session, pool, message_id, "x") is CleanupStatus.INVALID_TOKEN
    assert await acknowledge(session, other, message_id, token) is CleanupStatus.UNAUTHORIZED
    assert await acknowledge(session, pool, message_id, token) is CleanupStatus.ACCEPTED
    assert await acknowledge(session, pool, message_id, token) is CleanupStatus.NOT_FOUND


@conformance(235)
async def test_a_message_is_given_up_after_three_attempts(session: AsyncSession, pool: WorkPool) -> None:
    await enqueue(session, pool)

    for count in (1, 2, 3):
        message_id, token = await reserved(session, pool)
        assert (await session.get_one(CleanupMessage, message_id)).delivery_count == count
        assert await release(session, pool, message_id, token) is CleanupStatus.ACCEPTED

    assert await reserve(session, pool) is None
    assert await release(session, pool, message_id, token) is CleanupStatus.DEAD_LETTERED
    row = await session.get_one(CleanupMessage, message_id)
    assert row.dead_letter_reason == "max_delivery_attempts_reached"
    assert (await enqueue(session, pool)).id == message_id


async def test_a_release_needs_a_reason(session: AsyncSession, pool: WorkPool) -> None:
    with pytest.raises(ValueError, match="reason"):
        await cleanup_messages.release_cleanup_message(
            session=session, message_id=uuid4(), work_pool_id=pool.id, token="x", reason=""
        )


@conformance(235)
async def test_an_overdue_message_goes_to_another_worker(session: AsyncSession, pool: WorkPool) -> None:
    await enqueue(session, pool)
    first = await reserved(session, pool)
    await let_leases_run_out(session)

    second = await reserved(session, pool)

    assert second[0] == first[0]
    assert second[1] != first[1]
    assert await acknowledge(session, pool, *first) is CleanupStatus.INVALID_TOKEN
    assert await acknowledge(session, pool, *second) is CleanupStatus.ACCEPTED


@conformance(236)
async def test_renewing_moves_the_end_of_the_lease(session: AsyncSession, pool: WorkPool) -> None:
    await enqueue(session, pool)
    message_id, token = await reserved(session, pool, lease_seconds=5)

    result = await cleanup_messages.renew_cleanup_message(
        session=session, message_id=message_id, work_pool_id=pool.id, token=token, lease_seconds=60
    )

    row = await session.get_one(CleanupMessage, message_id)
    assert result == CleanupResult(CleanupStatus.ACCEPTED, row.lease_expires_at)
    assert row.lease_expires_at is not None
    assert (row.lease_expires_at - utc_now()).total_seconds() > 50
    assert row.delivery_count == 1


@conformance(236)
async def test_who_comes_too_late_lets_the_message_go(session: AsyncSession, pool: WorkPool) -> None:
    await enqueue(session, pool)
    message_id, token = await reserved(session, pool)
    await let_leases_run_out(session)

    result = await cleanup_messages.renew_cleanup_message(
        session=session, message_id=message_id, work_pool_id=pool.id, token=token
    )

    assert result == CleanupResult(CleanupStatus.EXPIRED)
    assert (await reserved(session, pool))[0] == message_id


@conformance(237)
async def test_preferred_queues_go_first(session: AsyncSession, pool: WorkPool) -> None:
    low, high = await default_queue(session, pool), await make_queue(session, pool)
    of_low = await enqueue(session, pool, "low", work_queue_id=low.id)
    of_high = await enqueue(session, pool, "high", work_queue_id=high.id)

    assert (await reserved(session, pool, preferred_queue_ids=[high.id]))[0] == of_high.id
    assert await reserve(session, pool, preferred_queue_ids=[high.id], fallback=False) is None
    assert (await reserved(session, pool, preferred_queue_ids=[high.id]))[0] == of_low.id


async def test_messages_go_in_the_order_in_which_they_came(session: AsyncSession, pool: WorkPool) -> None:
    sent = [(await enqueue(session, pool, str(n))).id for n in range(3)]
    await enqueue(session, pool, "odd", kind="other.v1")

    assert [(await reserved(session, pool))[0] for _ in sent] == sent
    assert await reserve(session, pool) is None


async def test_the_loop_takes_overdue_messages_back(db: DBInterface) -> None:
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session)
        for n in range(3):
            await enqueue(session, pool, str(n))
            await reserve(session, pool)
        await let_leases_run_out(session)
        with pytest.raises(ValueError, match="at least 1"):
            await cleanup_messages.expire_cleanup_leases(session=session, limit=0)

    await CleanupLeases(db, interval_seconds=60, max_attempts=3).run_once()

    async with db.session_context() as session:
        assert not await cleanup_messages.has_overdue_cleanup(session=session)
        assert await cleanup_messages.has_waiting_cleanup(session=session, work_pool_id=pool.id, kinds=[KIND])


async def test_several_servers_never_reserve_the_same_message(db: DBInterface) -> None:
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session)
        for n in range(8):
            await enqueue(session, pool, str(n))

    async def take() -> list[UUID]:
        taken = []
        while True:
            async with db.session_context(begin_transaction=True) as session:
                message = await reserve(session, pool)
            if message is None:
                return taken
            taken.append(message.id)

    taken = [one for some in await asyncio.gather(*(take() for _ in range(4))) for one in some]

    assert len(taken) == len(set(taken)) == 8


async def test_enqueueing_is_announced_when_it_is_committed(db: DBInterface) -> None:
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session)
    told = asyncio.Event()
    db.announcements.listen(cleanup_messages.cleanup_topic(pool.id), told.set)

    async with db.session_context(begin_transaction=True) as session:
        await enqueue(session, pool)
        assert not told.is_set()

    assert told.is_set()
