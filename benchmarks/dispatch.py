"""Poll, claim, set_state and heartbeat, beside the floor: the barest claim of a row on the same database."""

import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import sqlalchemy as sa

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.schemas.states import Completed, Pending, Running, Scheduled
from penstock.server import models
from penstock.server.database import DBInterface
from penstock.server.orchestration import claim_flow_runs, set_flow_run_state

REPETITIONS = 40
BACKLOGS = (1_000, 20_000)
QUEUES = 10
BATCH = 10

Step = Callable[[], Awaitable[object]]


async def measure(database_url: str) -> None:
    """Print one table of medians and ratios for a database."""
    db = DBInterface(database_url)
    await db.create_db()
    print(f"\n{db.display_url}")
    try:
        small, *_ = await _measure_poll(db, BACKLOGS[0])
        large, pool_id, queue_ids, run_ids = await _measure_poll(db, BACKLOGS[1])
        print(f"  growth of the poll, {BACKLOGS[1]:,} runs against {BACKLOGS[0]:,}: {large / small:.2f}x")
        floor = await _milliseconds(partial(_bare_claim, db, queue_ids[0]))
        claim = await _milliseconds(partial(_claim, db, pool_id))
        _line(f"bare claim of {BATCH} rows (one UPDATE)", floor)
        _line(f"claim of {BATCH} runs (state, history, event)", claim, floor)
        for state in (Pending, Running, Completed):
            runs = iter(run_ids[-REPETITIONS:])
            took = await _milliseconds(partial(_set_next, db, runs, state))
            _line(f"set_state {state.__name__}", took, floor)
        _line("heartbeat", await _milliseconds(partial(_heartbeat, db, pool_id)), floor)
    finally:
        await db.dispose()


async def _measure_poll(db: DBInterface, backlog: int) -> tuple[float, UUID, list[UUID], list[UUID]]:
    pool_id, queue_ids, run_ids = await _prepare(db, backlog)
    took = await _milliseconds(partial(_poll, db, pool_id))
    _line(f"poll of {BATCH}, {backlog:,} runs due in {QUEUES} queues", took)
    return took, pool_id, queue_ids, run_ids


def _line(what: str, milliseconds: float, floor: float | None = None) -> None:
    ratio = "" if floor is None else f"   {milliseconds / floor:5.1f}x the bare claim"
    print(f"  {what:<52} {milliseconds:8.2f} ms{ratio}")


async def _milliseconds(step: Step) -> float:
    took = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        await step()
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1000


async def _prepare(db: DBInterface, backlog: int) -> tuple[UUID, list[UUID], list[UUID]]:
    """Make a limited pool whose queues hold a backlog of due runs; earlier ones are deleted."""
    async with db.session_context(begin_transaction=True) as session:
        await session.execute(sa.delete(db.Flow))
        await session.execute(sa.delete(db.WorkPool))
    async with db.session_context(begin_transaction=True) as session:
        pool = await models.workers.create_work_pool(
            session=session,
            work_pool=schemas.actions.WorkPoolCreate(name="bench", type="process", concurrency_limit=100_000),
        )
        queues = [
            await models.workers.create_work_queue(
                session=session,
                work_pool_id=pool.id,
                work_queue=schemas.actions.WorkQueueCreate(name=f"queue-{number}"),
            )
            for number in range(QUEUES)
        ]
        flow = await models.flows.create_flow(session=session, flow=schemas.core.Flow(name="bench"))
        due = utc_now() - timedelta(hours=1)
        rows = [
            {
                "id": uuid4(),
                "name": "bench",
                "flow_id": flow.id,
                "work_queue_id": queues[number % QUEUES].id,
                "state_id": uuid4(),
                "state_type": Scheduled().type,
                "state_name": "Scheduled",
                "state_timestamp": due,
                "expected_start_time": due,
                "next_scheduled_start_time": due + timedelta(milliseconds=number),
            }
            for number in range(backlog)
        ]
        await session.execute(sa.insert(db.FlowRun), rows)
    return pool.id, [queue.id for queue in queues], [row["id"] for row in rows]  # type: ignore[misc]


async def _poll(db: DBInterface, pool_id: UUID) -> None:
    async with db.session_context() as session:
        found = await models.workers.get_scheduled_flow_runs(
            session=session, work_pool_ids=[pool_id], scheduled_before=utc_now(), limit=BATCH
        )
        assert len(found) == BATCH


async def _claim(db: DBInterface, pool_id: UUID) -> None:
    async with db.session_context(begin_transaction=True) as session:
        claimed = await claim_flow_runs(
            session=session, work_pool_id=pool_id, worker_name="bench", limit=BATCH
        )
        assert len(claimed) == BATCH


async def _bare_claim(db: DBInterface, queue_id: UUID) -> None:
    run = sa.table("flow_run", sa.column("id"), sa.column("run_count"), sa.column("work_queue_id", sa.Uuid()))
    first = sa.select(run.c.id).where(run.c.work_queue_id == queue_id).limit(BATCH)
    async with db.session_context(begin_transaction=True) as session:
        await session.execute(
            sa.update(run)
            .where(run.c.id.in_(first.with_for_update(skip_locked=True).scalar_subquery()))
            .values(run_count=run.c.run_count + 1)
        )


async def _set_next(
    db: DBInterface, run_ids: Iterator[UUID], state: Callable[[], schemas.states.State]
) -> None:
    async with db.session_context(begin_transaction=True) as session:
        result = await set_flow_run_state(session=session, flow_run_id=next(run_ids), state=state())
        assert result.status == "ACCEPT", result


async def _heartbeat(db: DBInterface, pool_id: UUID) -> None:
    async with db.session_context(begin_transaction=True) as session:
        await models.workers.worker_heartbeat(
            session=session, work_pool_id=pool_id, worker_name="bench", heartbeat_interval_seconds=10
        )
