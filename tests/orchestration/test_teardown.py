"""A cancel that nobody answered is left to the workers of the pool (workers.md 6.3)."""

from uuid import uuid5

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.states import Cancelling, State, StateType
from penstock.server.database.orm_models import CleanupMessage, FlowRun
from penstock.server.orchestration import cancellation
from tests.support.factories import ago, default_queue, make_pool, make_run

conformance = pytest.mark.conformance


async def end_unanswered(session: AsyncSession) -> list[CleanupMessage]:
    await cancellation.cancel_unanswered(session=session, after_seconds=300, limit=10)
    return list((await session.scalars(sa.select(CleanupMessage))).all())


def long_cancelling() -> State:
    return Cancelling(timestamp=ago(seconds=400))


@conformance(222)
async def test_a_cancel_that_timed_out_asks_for_teardown(session: AsyncSession) -> None:
    pool = await make_pool(session)
    queue = await default_queue(session, pool)
    run = await make_run(session, queue, long_cancelling(), infrastructure_pid="host:7")
    before = run.state_id

    [message] = await end_unanswered(session)

    assert (await session.get_one(FlowRun, run.id)).state_type is StateType.CANCELLED
    assert message.id == uuid5(run.id, str(before))
    assert (message.work_pool_id, message.work_queue_id) == (pool.id, queue.id)
    assert message.kind == "cancelling_timeout_teardown.v1"
    assert message.target == {"flow_run_id": str(run.id), "infrastructure_pid": "host:7"}
    assert [one.id for one in await end_unanswered(session)] == [message.id]


@conformance(222)
@pytest.mark.parametrize("type", ["cloud-run:push", "prefect:managed"])
async def test_pools_without_workers_are_not_asked(session: AsyncSession, type: str) -> None:
    queue = await default_queue(session, await make_pool(session, type=type))
    await make_run(session, queue, long_cancelling())

    assert await end_unanswered(session) == []


async def test_a_run_without_a_pool_asks_nobody(session: AsyncSession) -> None:
    await make_run(session, None, long_cancelling())

    assert await end_unanswered(session) == []


@conformance(222)
async def test_a_fresh_cancel_is_left_alone(session: AsyncSession) -> None:
    queue = await default_queue(session, await make_pool(session))
    await make_run(session, queue, Cancelling())

    assert await end_unanswered(session) == []
