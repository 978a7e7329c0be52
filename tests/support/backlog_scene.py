"""A hundred queues with a backlog in them, and an idle pool with many limited queues beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.states import Completed, Pending, Running
from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.orchestration import claim_flow_runs
from tests.support.backlogs import copy_run
from tests.support.factories import due, ids, make_deployment, make_pool, make_queue, make_run, propose

POOLS = 5
QUEUES_OF_POOL = 20
IDLE_QUEUES = 60
MOST_QUEUES = IDLE_QUEUES + 1
"""In one pool, its default queue included."""

HELD_IN_QUEUE = 2
HELD = POOLS * QUEUES_OF_POOL * HELD_IN_QUEUE
"""Runs that a worker is at; they are as many with any backlog."""

WORKER = "worker"
_SECONDS_APART = 0.5


@dataclass(frozen=True)
class Originals:
    """Runs that others are copies of; they are in a queue that nobody asks for runs."""

    waiting: FlowRun
    unplanned: FlowRun
    ended: FlowRun
    held: FlowRun


@dataclass(frozen=True)
class Scene:
    """Ids of what the statements are about; ``queues`` are those of the pool with limits."""

    limited: UUID
    unlimited: UUID
    idle: UUID
    queues: list[UUID]
    run: UUID
    """One that is due, in the pool with limits."""

    held: Mapping[UUID, int]
    """The attempts that the worker has in that pool, by run."""

    originals: Originals
    all_queues: list[UUID]

    async def add(self, session: AsyncSession, number: int) -> None:
        """Add runs, to ten that are due one for later, one without a time, and one that has ended."""
        originals = self.originals
        share = number // 13
        await copy_run(session, originals.ended, self.all_queues, share)
        await copy_run(session, originals.unplanned, self.all_queues, share)
        await copy_run(session, originals.waiting, self.all_queues, share, seconds_apart=-_SECONDS_APART)
        rest = number - 3 * share
        await copy_run(session, originals.waiting, self.all_queues, rest, seconds_apart=_SECONDS_APART)
        await session.commit()


async def make_scene(session: AsyncSession) -> Scene:
    """Make the pools and the runs under way; the backlog is still to come."""
    limited, *others = [
        await make_pool(session, concurrency_limit=1_000 if number == 0 else None) for number in range(POOLS)
    ]
    queues = [await make_queue(session, limited, concurrency_limit=50) for _ in range(QUEUES_OF_POOL)]
    more = [await make_queue(session, pool) for pool in others for _ in range(QUEUES_OF_POOL)]
    idle = await _make_idle_pool(session)
    originals = await _make_originals(session)
    await session.commit()
    await copy_run(session, originals.held, ids([*queues, *more]), HELD)
    run = await make_run(session, queues[-1], due(hours=24))
    await session.commit()
    held = await session.execute(
        sa.select(FlowRun.id, FlowRun.attempt).where(
            FlowRun.work_queue_id.in_(ids(queues[:5])), FlowRun.worker_name == WORKER
        )
    )
    return Scene(
        limited=limited.id,
        unlimited=others[0].id,
        idle=idle.id,
        queues=ids(queues),
        run=run.id,
        held=dict(held.all()),
        originals=originals,
        all_queues=ids([*queues, *more]),
    )


async def _make_idle_pool(session: AsyncSession) -> WorkPool:
    pool = await make_pool(session, concurrency_limit=50)
    for _ in range(IDLE_QUEUES):
        await make_queue(session, pool, concurrency_limit=5)
    return pool


async def _make_originals(session: AsyncSession) -> Originals:
    home = await make_pool(session)
    queue: WorkQueue = await make_queue(session, home)
    deployment = await make_deployment(session, queue)

    async def make() -> FlowRun:
        return await make_run(session, queue, due(minutes=1), deployment_id=deployment.id)

    await make()
    (held,) = await claim_flow_runs(session=session, work_pool_id=home.id, worker_name=WORKER)
    unplanned = await make()
    unplanned.next_scheduled_start_time = None
    ended = await make()
    for state in (Pending(), Running(), Completed()):
        await propose(session, ended, state)
    return Originals(await make(), unplanned, ended, held)
