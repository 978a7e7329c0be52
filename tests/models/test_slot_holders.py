"""Who holds slots, and since when (workers.md 3.25, 3.27, 3.28, 9.5)."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.schemas.states import Cancelling, Completed, Failed, Pending, Running, State
from penstock.server.database.orm_models import FlowRun, FlowRunState
from penstock.server.models import workers
from tests.support.factories import (
    due,
    ids,
    make_pool,
    make_queue,
    make_queues,
    make_run,
    propose,
    set_columns,
)

START = datetime.fromisoformat("2026-03-01T12:00:00+00:00")


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


async def of_pool(session: AsyncSession, pool, **choice) -> list[FlowRun]:
    """Read the runs that hold slots of the pool."""
    found = await workers.get_work_pool_slot_holders(session=session, work_pool_id=pool.id, **choice)
    return [run for run, _ in found]


async def of_queue(session: AsyncSession, queue, **paging: int) -> list[FlowRun]:
    """Read the runs that hold slots of the queue; their number has to agree when all are read."""
    found = await workers.get_work_queue_slot_holders(session=session, work_queue_id=queue.id, **paging)
    if not paging:
        count = await workers.count_work_queue_slot_holders(session=session, work_queue_id=queue.id)
        assert count == len(found)
    return [run for run, _ in found]


@pytest.mark.conformance(197)
async def test_counts_of_a_pool_leave_out_cancelling(session):
    pool = await make_pool(session)
    a, b, _ = await make_queues(session, pool, "a", "b", "idle")
    for queue, state in ((a, Running()), (a, Running()), (b, Pending()), (b, Cancelling())):
        await make_run(session, queue, state)
    assert await workers.count_work_pool_slot_holders(session=session, work_pool_id=pool.id) == 3
    by_queue = await workers.count_work_pool_slot_holders_by_queue(session=session, work_pool_id=pool.id)
    assert by_queue == {a.id: 2, b.id: 1}


@pytest.mark.conformance(198)
async def test_holders_of_a_pool_come_by_id(session):
    pool, other = await make_pool(session), await make_pool(session)
    open_, paused = await make_queues(session, pool, "open", "paused")
    foreign = await make_queue(session, other, "open")
    holders = [
        await make_run(session, queue, state)
        for queue, state in ((paused, Running()), (open_, Pending()), (open_, Running()))
    ]
    for state in (Cancelling(), Completed(), due()):
        await make_run(session, open_, state)
    await make_run(session, foreign, Running())
    await make_run(session, None, Running(), work_queue_name="open")
    await set_columns(session, paused, is_paused=True)
    assert await of_pool(session, pool) == sorted(holders, key=lambda run: run.id)
    found = await workers.get_work_pool_slot_holders(session=session, work_pool_id=pool.id)
    assert {run.id: acquired for run, acquired in found} == {run.id: run.state_timestamp for run in holders}


@pytest.mark.conformance(206)
async def test_limit_is_by_queue_and_only_with_queues(session):
    pool = await make_pool(session)
    a, b = await make_queues(session, pool, "a", "b")
    of_a = [await make_run(session, a, Running()) for _ in range(3)]
    of_b = [await make_run(session, b, Running()) for _ in range(2)]
    both = [a.id, b.id]
    assert await of_pool(session, pool, work_queue_ids=both, flow_run_limit=1) == [of_a[0], of_b[0]]
    assert await of_pool(session, pool, work_queue_ids=[b.id], flow_run_limit=5) == of_b
    assert await of_pool(session, pool, work_queue_ids=both, flow_run_limit=0) == []
    assert await of_pool(session, pool, flow_run_limit=1) == of_a + of_b
    assert await of_pool(session, pool, work_queue_ids=[]) == []
    assert await of_pool(session, pool, work_queue_ids=[a.id]) == of_a


@pytest.mark.conformance(206)
async def test_queue_of_another_pool_and_unknown_pool_give_nothing(session):
    pool, other = await make_pool(session), await make_pool(session)
    queue = await make_queue(session, other)
    await make_run(session, queue, Running())
    assert await of_pool(session, pool, work_queue_ids=[queue.id]) == []
    assert await workers.get_work_pool_slot_holders(session=session, work_pool_id=uuid4()) == []


@pytest.mark.conformance(211)
async def test_holders_of_a_queue_are_cancelling_too_and_runs_that_only_name_it(session):
    queue = await make_queue(session, await make_pool(session), "q")
    same_name = await make_queue(session, await make_pool(session), "q")
    held = [await make_run(session, queue, state()) for state in (Pending, Running, Cancelling)]
    for state in (Completed(), due()):
        await make_run(session, queue, state)
    named = await make_run(session, None, Running(), work_queue_name="q")
    await make_run(session, None, Completed(), work_queue_name="q")
    assert await of_queue(session, queue) == [*held, named]
    assert await of_queue(session, same_name) == [named]


@pytest.mark.conformance(212)
async def test_holders_of_a_queue_are_paged(session):
    queue = await make_queue(session, await make_pool(session))
    runs = [await make_run(session, queue, Running()) for _ in range(3)]
    assert await of_queue(session, queue, limit=2) == runs[:2]
    assert await of_queue(session, queue, limit=2, offset=2) == runs[2:]
    assert await of_queue(session, queue, limit=0) == []
    assert ids(await of_queue(session, queue)) == sorted(ids(runs))
    assert await workers.count_work_queue_slot_holders(session=session, work_queue_id=uuid4()) == 0
    assert await workers.get_work_queue_slot_holders(session=session, work_queue_id=uuid4()) == []


# ── since when ────────────────────────────────────────────────────────────────────────────────────

# The histories of 3.25, cases 199-205: minute and state; the slot was acquired at the given minute.
HISTORIES = [
    ("SCHEDULED 0, PENDING 1, RUNNING 2", 1),
    ("PENDING 1, RUNNING 2, FAILED 5, PENDING 7", 7),
    ("PENDING 1, RUNNING 2, SCHEDULED 3, PENDING 4, RUNNING 5", 4),
    ("RUNNING 3", 3),
    ("PENDING 1, RUNNING 2, CANCELLING 6", 1),
    ("RUNNING 2, PAUSED 4, RUNNING 9", 9),
]


async def write_history(session: AsyncSession, run: FlowRun, states: list[State]) -> None:
    """Replace the history of a run; its last state is its present one."""
    await session.execute(sa.delete(FlowRunState).where(FlowRunState.flow_run_id == run.id))
    session.add_all(
        FlowRunState(
            id=state.id, flow_run_id=run.id, type=state.type, name=state.name, timestamp=state.timestamp
        )
        for state in states
    )
    await session.flush()
    await set_columns(session, run, state_type=states[-1].type, state_timestamp=states[-1].timestamp)


def parse(history: str) -> list[State]:
    words = [step.split() for step in history.split(", ")]
    return [State(type=StateType(kind), timestamp=minute(float(at))) for kind, at in words]


@pytest.mark.conformance(*range(199, 206))
@pytest.mark.parametrize(("history", "acquired"), HISTORIES)
async def test_slot_is_held_since_the_stretch_began(session, history: str, acquired: float):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    run = await make_run(session, queue, Running())
    await write_history(session, run, parse(history))
    found = await workers.get_work_queue_slot_holders(session=session, work_queue_id=queue.id)
    assert [(one.id, since) for one, since in found] == [(run.id, minute(acquired))]
    of_pool = await workers.get_work_pool_slot_holders(session=session, work_pool_id=pool.id)
    expected = [] if run.state_type is StateType.CANCELLING else [(run.id, minute(acquired))]
    assert [(one.id, since) for one, since in of_pool] == expected


@pytest.mark.conformance(203)
async def test_states_proposed_for_the_same_moment_are_kept_apart(session):
    queue = await make_queue(session, await make_pool(session))
    run = await make_run(session, queue, Running(timestamp=minute(1)))
    for state in (Failed(timestamp=minute(5)), Running(timestamp=minute(5))):
        await propose(session, run, state, force=True)
    found = await workers.get_work_queue_slot_holders(session=session, work_queue_id=queue.id)
    assert [since for _, since in found] == [minute(5) + timedelta(microseconds=1)]


async def test_run_without_a_history_holds_its_slot_since_nobody_knows_when(session):
    queue = await make_queue(session, await make_pool(session))
    run = await make_run(session, queue, Running())
    await session.execute(sa.delete(FlowRunState).where(FlowRunState.flow_run_id == run.id))
    found = await workers.get_work_queue_slot_holders(session=session, work_queue_id=queue.id)
    assert [(one.id, since) for one, since in found] == [(run.id, None)]
