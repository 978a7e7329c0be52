"""Many workers at once: no limit is passed, no run is taken twice, nobody waits for ever (8.1)."""

import asyncio
import random
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.schemas.states import Completed, Pending, Running
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import WorkPool
from penstock.server.models import flow_run_states, flow_runs, workers
from penstock.server.orchestration import claim_flow_runs, set_flow_run_state
from tests.support.factories import (
    due,
    ids,
    make_flow,
    make_pool,
    make_queue,
    make_queues,
    make_run,
    make_runs,
    propose,
    set_columns,
)
from tests.support.races import begin, overlap

WORKERS = 8


class Crew:
    """Workers of both kinds on one pool: some claim, some poll and propose. Each run takes no time."""

    def __init__(self, db: DBInterface, pool: WorkPool) -> None:
        self.db = db
        self.pool = pool
        self.taken: list = []
        self.most = 0

    async def work_off(self) -> None:
        """Work until the pool gives nothing more to anybody."""
        await asyncio.gather(*(self.work(number) for number in range(WORKERS)))

    async def work(self, number: int) -> None:
        take = self.claim if number % 2 else self.poll_and_propose
        while await self.is_work_left():
            for run_id in await take():
                self.taken.append(run_id)
                for state in (Running(), Completed()):
                    assert await self.propose(run_id, state) == "ACCEPT"

    async def is_work_left(self) -> bool:
        async with self.db.session_context() as session:
            waiting = await workers.get_scheduled_flow_runs(
                session=session, work_pool_ids=[self.pool.id], limit=1
            )
            in_use = await workers.count_work_pool_active_slots(session=session, work_pool_id=self.pool.id)
            self.most = max(self.most, in_use)
        return bool(waiting or in_use)

    async def claim(self) -> list:
        async with self.db.session_context(begin_transaction=True) as session:
            runs = await claim_flow_runs(session=session, work_pool_id=self.pool.id, worker_name="w", limit=3)
            return ids(runs)

    async def poll_and_propose(self) -> list:
        async with self.db.session_context() as session:
            polled = await workers.get_scheduled_flow_runs(
                session=session, work_pool_ids=[self.pool.id], scheduled_before=utc_now(), limit=3
            )
        offered = [one.flow_run.id for one in polled]
        random.shuffle(offered)
        return [run_id for run_id in offered if await self.propose(run_id, Pending()) == "ACCEPT"]

    async def propose(self, run_id, state) -> str:
        async with self.db.session_context(begin_transaction=True) as session:
            result = await set_flow_run_state(session=session, flow_run_id=run_id, state=state)
        return str(result.status)


@pytest.mark.conformance(103, 105)
@pytest.mark.parametrize("limit", [None, 3])
async def test_crew_takes_every_run_once_within_the_limit(db: DBInterface, session, limit: int | None):
    pool = await make_pool(session, concurrency_limit=limit)
    a, b = await make_queues(session, pool, "a", "b")
    runs = [*await make_runs(session, a, 12), *await make_runs(session, b, 12)]
    await session.commit()
    crew = Crew(db, pool)
    await crew.work_off()
    assert sorted(crew.taken) == sorted(ids(runs))
    assert limit is None or crew.most <= limit
    for run in runs:
        states = await flow_run_states.read_flow_run_states(session=session, flow_run_id=run.id)
        names = [state.name for state in states if state.name != "AwaitingConcurrencySlot"]
        assert names == ["Scheduled", "Pending", "Running", "Completed"]


async def test_same_run_created_twice_at_once_is_one_run(db: DBInterface, session):
    await make_flow(session)
    await session.commit()

    async def create(own: AsyncSession) -> UUID:
        return (await make_run(own, idempotency_key="k")).id

    first, second = await overlap(db, create, create)
    assert first == second
    states = await flow_run_states.read_flow_run_states(session=session, flow_run_id=first)
    assert [state.name for state in states] == ["Scheduled"]


async def lock_run(session: AsyncSession, run) -> None:
    """Do what a transition does first."""
    await flow_runs.read_flow_run(session=session, flow_run_id=run.id, for_update=True)


@pytest.mark.parametrize("deleted", ["queue", "pool"])
async def test_deleting_while_a_run_is_taken_is_no_deadlock(db: DBInterface, session, deleted: str):
    """The transition holds the run and wants the pool; the deletion needs the pool and the run."""
    pool = await make_pool(session, concurrency_limit=5)
    queue = await make_queue(session, pool)
    run = await make_run(session, queue, due(minutes=1))
    await session.commit()

    async def delete(own: AsyncSession) -> bool:
        if deleted == "pool":
            return await workers.delete_work_pool(session=own, work_pool_id=pool.id)
        return await workers.delete_work_queue(session=own, work_queue_id=queue.id)

    async with db.session_context(begin_transaction=True) as own:
        await lock_run(own, run)
        deletion = await begin(db, delete)
        assert (await propose(own, run, Pending())).status == "ACCEPT"
    assert await deletion is True
    await session.refresh(run)
    left_in = None if deleted == "pool" else pool.default_queue_id
    assert (run.work_queue_id, run.state_name) == (left_in, "Pending")


async def test_deleting_while_runs_are_claimed_is_no_deadlock(db: DBInterface, session):
    pool = await make_pool(session, concurrency_limit=5)
    queue = await make_queue(session, pool)
    runs = await make_runs(session, queue, 2)
    await session.commit()

    async def delete(own: AsyncSession) -> bool:
        return await workers.delete_work_queue(session=own, work_queue_id=queue.id)

    async with db.session_context(begin_transaction=True) as own:
        claimed = await claim_flow_runs(session=own, work_pool_id=pool.id, worker_name="w", limit=1)
        deletion = await begin(db, delete)
        claimed += await claim_flow_runs(session=own, work_pool_id=pool.id, worker_name="w", limit=1)
    assert await deletion is True
    # the second claim passes over what the deletion has locked by then
    assert ids(claimed) in (ids(runs[:1]), ids(runs))


async def test_moving_queues_while_they_are_polled_is_no_deadlock(db: DBInterface, session):
    """The poll holds one queue's row and wants the next; moving wants both, in the same order."""
    pool = await make_pool(session)
    queues = await make_queues(session, pool, *"abcdef")
    by_id = sorted(ids(queues))
    for queue in sorted(queues, key=lambda queue: queue.id, reverse=True):
        # written last, the rows with the lower ids stand last in the table
        await set_columns(session, queue, description="moved")
    await session.commit()

    async def move(own: AsyncSession) -> None:
        targets = {queue_id: place for place, queue_id in enumerate(reversed(by_id), start=1)}
        await workers.bulk_update_work_queue_priorities(
            session=own, work_pool_id=pool.id, new_priorities=targets
        )

    async with db.session_context(begin_transaction=True) as own:
        await workers.record_work_queue_polls(session=own, work_queue_ids=by_id[:1])
        moving = await begin(db, move)
        await workers.record_work_queue_polls(session=own, work_queue_ids=by_id[1:])
    await moving
    found = await workers.read_work_queues(session=session, work_pool_id=pool.id)
    assert ids(found)[: len(by_id)] == by_id[::-1]
