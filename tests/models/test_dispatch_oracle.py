"""A poll gives what the contract's own procedure gives, whatever the pools, queues and runs."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.schemas.core import FlowRunPolicy
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import Flow, FlowRun, WorkPool, WorkQueue
from penstock.server.models import workers
from tests.support.dispatch_oracle import Choice, Pool, Queue, Run, due_runs

NOON = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
FLOW_ID = UUID(int=1)

limits = st.none() | st.integers(0, 4)
rarely = st.integers(0, 5).map(lambda number: number == 0)
times = st.integers(-3, 3).map(lambda step: NOON + timedelta(microseconds=step))
ids = st.integers(1, 2**128 - 1).map(lambda number: UUID(int=number))
# Waiting runs are what dispatch is about; the other states matter for the slots they hold.
states = st.sampled_from([StateType.SCHEDULED] * 12 + [StateType.RUNNING] * 2 + list(StateType))
retry_types = st.sampled_from([None] * 6 + ["in_process", "reschedule"])


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Pool], list[Queue], list[Run]]:
    """Draw up to three pools with up to four queues each, of priorities that may be equal, and runs."""
    fresh = iter(draw(st.lists(ids, min_size=45, max_size=45, unique=True)))
    pools, queues = [], []
    for _ in range(draw(st.integers(1, 3))):
        pools.append(Pool(next(fresh), draw(limits), draw(rarely)))
        for _ in range(draw(st.integers(1, 4))):
            priority = draw(st.integers(1, 4))
            queues.append(Queue(next(fresh), pools[-1], priority, draw(limits), draw(rarely)))
    runs = [
        Run(
            next(fresh),
            draw(st.sampled_from(queues) if draw(st.integers(0, 9)) else st.none()),
            draw(states),
            draw(times if draw(st.integers(0, 6)) else st.none()),
            draw(retry_types),
        )
        for _ in range(draw(st.integers(0, 25)))
    ]
    return pools, queues, runs


@st.composite
def choices(draw: st.DrawFn, pools: list[Pool], queues: list[Queue]) -> Choice:
    """Draw the arguments of a poll of these pools and queues."""
    return Choice(
        pool_ids=draw(st.lists(st.sampled_from([pool.id for pool in pools]), max_size=2)),
        queue_ids=draw(st.lists(st.sampled_from([queue.id for queue in queues]), max_size=3)),
        before=draw(st.none() | times),
        after=draw(st.none() | times),
        limit=draw(st.none() | st.integers(0, 8)),
        by_priority=draw(st.booleans()),
    )


async def store(session: AsyncSession, pools: list[Pool], queues: list[Queue], runs: list[Run]) -> None:
    """Write the scene as rows, without the models' rules."""
    await session.execute(sa.insert(Flow), [{"id": FLOW_ID, "name": "flow"}])
    await session.execute(
        sa.insert(WorkPool),
        [
            {
                "id": pool.id, "name": str(pool.id), "type": "process",
                "concurrency_limit": pool.limit, "is_paused": pool.paused,
            }
            for pool in pools
        ],
    )  # fmt: skip
    await session.execute(
        sa.insert(WorkQueue),
        [
            {
                "id": queue.id, "name": str(queue.id), "work_pool_id": queue.pool.id,
                "priority": queue.priority, "concurrency_limit": queue.limit, "is_paused": queue.paused,
            }
            for queue in queues
        ],
    )  # fmt: skip
    if not runs:
        return
    await session.execute(
        sa.insert(FlowRun),
        [
            {
                "id": run.id, "name": "run", "flow_id": FLOW_ID,
                "work_queue_id": run.queue.id if run.queue else None,
                "state_type": run.state, "state_name": run.state.capitalize(),
                "next_scheduled_start_time": run.start,
                "empirical_policy": FlowRunPolicy(retry_type=run.retry_type),
            }
            for run in runs
        ],
    )  # fmt: skip


@pytest.mark.conformance(*range(69, 79), *range(81, 93), 95, 96, 98, 109)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_poll_agrees_with_the_contract(db: DBInterface, data: st.DataObject):
    pools, queues, runs = data.draw(scenes())
    polls = data.draw(st.lists(choices(pools, queues), min_size=1, max_size=3))
    async with db.session() as session:
        await store(session, pools, queues, runs)
        for choice in polls:
            found = await workers.get_scheduled_flow_runs(
                session=session,
                work_pool_ids=list(choice.pool_ids),
                work_queue_ids=list(choice.queue_ids),
                scheduled_before=choice.before,
                scheduled_after=choice.after,
                limit=choice.limit,
                respect_queue_priorities=choice.by_priority,
            )
            expected = due_runs(runs, choice)
            assert [one.flow_run.id for one in found] == [run.id for run in expected]
            assert [(one.work_pool_id, one.work_queue_id) for one in found] == [
                (run.queue.pool.id, run.queue.id) for run in expected if run.queue
            ]
