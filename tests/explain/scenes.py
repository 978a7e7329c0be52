"""Small pools with all that can keep a run waiting, drawn at random and made by the models' functions."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.schemas.actions import WorkPoolUpdate, WorkQueueUpdate
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import Completed, Failed, Paused, Running, State
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import Deployment, FlowRun, Worker, WorkPool, WorkQueue
from penstock.server.models import workers
from penstock.server.orchestration import claim_flow_runs
from tests.support.factories import (
    ago,
    default_queue,
    due,
    make_deployment,
    make_pool,
    make_queue,
    make_run,
    propose,
)

limits = st.sampled_from([None, None, 0, 1, 1, 2])
rarely = st.sampled_from([False, False, False, True])
fates = st.sampled_from(["waits"] * 8 + ["runs", "ended", "retries", "paused"])


@dataclass(frozen=True)
class QueueDraw:
    limit: int | None
    paused: bool


@dataclass(frozen=True)
class RunDraw:
    queue: int | None
    deployment: int | None
    minutes_ago: int
    fate: str


@dataclass(frozen=True)
class Draw:
    """What a scene is made of."""

    limit: int | None
    paused: bool
    queues: list[QueueDraw]
    deployments: list[tuple[int | None, str]]
    runs: list[RunDraw]
    claimed: int
    workers: list[str]


draws = st.builds(
    Draw,
    limit=limits,
    paused=rarely,
    queues=st.lists(st.builds(QueueDraw, limits, rarely), min_size=1, max_size=3),
    deployments=st.lists(
        st.tuples(st.sampled_from([None, 1, 1, 2]), st.sampled_from(["ENQUEUE", "ENQUEUE", "CANCEL_NEW"])),
        min_size=2,
        max_size=2,
    ),
    runs=st.lists(
        st.builds(
            RunDraw,
            queue=st.sampled_from([0, 0, 1, 2, None]),
            deployment=st.sampled_from([None, None, 0, 1]),
            minutes_ago=st.sampled_from([1, 2, 3, 3, 4, -60]),
            fate=fates,
        ),
        min_size=1,
        max_size=9,
    ),
    claimed=st.integers(0, 3),
    workers=st.lists(st.sampled_from(["online", "draining", "silent"]), max_size=2),
)


@dataclass
class Scene:
    """The rows of a scene."""

    pool: WorkPool
    queues: list[WorkQueue]
    deployments: list[Deployment]
    runs: list[FlowRun] = field(default_factory=list)

    def queue_of(self, run: FlowRun) -> WorkQueue:
        return next(queue for queue in self.queues if queue.id == run.work_queue_id)


async def make_scene(db: DBInterface, draw: Draw) -> Scene:
    """Make the scene: some runs are claimed, then pauses begin and workers come and go."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, concurrency_limit=draw.limit)
        queues = [await default_queue(session, pool)]
        queues += [await make_queue(session, pool) for _ in draw.queues[1:]]
        deployments = [
            await make_deployment(
                session, queues[0],
                concurrency_limit=limit, concurrency_options={"collision_strategy": strategy},
            )
            for limit, strategy in draw.deployments
        ]  # fmt: skip
        scene = Scene(pool, queues, deployments)
        for one in draw.runs[: draw.claimed]:
            scene.runs.append(await _make_run(session, scene, one))
        await claim_flow_runs(
            session=session, work_pool_id=pool.id, worker_name="claimer", limit=draw.claimed or 1
        )
        for one in draw.runs[draw.claimed :]:
            scene.runs.append(await _make_run(session, scene, one))
        for queue, one in zip(queues, draw.queues, strict=True):
            queue_update = WorkQueueUpdate(concurrency_limit=one.limit, is_paused=one.paused)
            await workers.update_work_queue(session, queue.id, queue_update)
        await workers.update_work_pool(session, pool.id, WorkPoolUpdate(is_paused=draw.paused))
        for number, kind in enumerate(draw.workers):
            await _make_worker(session, pool, f"worker-{number}", kind)
    return scene


async def _make_run(session: AsyncSession, scene: Scene, one: RunDraw) -> FlowRun:
    queue = None if one.queue is None else scene.queues[one.queue % len(scene.queues)]
    deployment = None if one.deployment is None else scene.deployments[one.deployment].id
    run = await make_run(
        session, queue, due(minutes=one.minutes_ago), deployment_id=deployment,
        empirical_policy=FlowRunPolicy(retries=1, retry_delay=60),
    )  # fmt: skip
    steps: dict[str, list[State]] = {
        "runs": [Running()],
        "ended": [Running(), Completed()],
        "retries": [Running(), Failed()],
        "paused": [Running(), Paused()],
    }
    for state in steps.get(one.fate, []):
        await propose(session, run, state)
    return run


async def _make_worker(session: AsyncSession, pool: WorkPool, name: str, kind: str) -> None:
    await workers.worker_heartbeat(session=session, work_pool_id=pool.id, worker_name=name)
    values: dict[str, Any] = {}
    if kind == "draining":
        values["draining_since"] = ago(minutes=1)
    if kind == "silent":
        values["last_heartbeat_time"] = ago(minutes=10)
    if values:
        await session.execute(
            sa.update(Worker).where(Worker.work_pool_id == pool.id, Worker.name == name).values(**values)
        )


async def waiting_runs(db: DBInterface, scene: Scene) -> list[UUID]:
    """Return the runs that wait to be handed out, in an order of their own."""
    async with db.session_context() as session:
        rows = await session.scalars(
            sa.select(FlowRun).where(
                FlowRun.id.in_([run.id for run in scene.runs]), FlowRun.state_type == StateType.SCHEDULED
            )
        )
        return [run.id for run in rows if run.retry_type is None]


async def claimable(db: DBInterface, scene: Scene) -> set[UUID]:
    """Return what a claim of the whole pool hands out; nothing is left of it."""
    async with db.session() as session, session.begin():
        found = await claim_flow_runs(
            session=session, work_pool_id=scene.pool.id, worker_name="anybody", limit=1000
        )
        ids = {run.id for run in found}
        await session.rollback()
    return ids
