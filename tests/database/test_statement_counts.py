"""The hot requests stay short: how many statements each sends, transaction brackets left out."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.states import Completed, Pending, Running
from penstock.schemas.statuses import WorkPoolStatus
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import FlowRun, WorkPool
from penstock.server.models import workers
from penstock.server.orchestration import claim_flow_runs, propose_flow_run_state
from tests.support.factories import due, make_deployment, make_pool, make_queue, make_run, make_runs, propose
from tests.support.statements import recorded
from tests.support.task_runs import make_task_run, task_history


async def count(db: DBInterface, work: Callable[[AsyncSession], Awaitable[Any]]) -> int:
    """Return how many statements the work sends in a transaction of its own."""
    async with db.session_context(begin_transaction=True) as session:
        with recorded(db) as statements:
            await work(session)
            await session.flush()
    return len(statements)


@pytest.fixture
async def free(session: AsyncSession) -> tuple[WorkPool, list[FlowRun]]:
    """A pool without limits, and its waiting runs."""
    return await make_waiting(session, None)


async def make_waiting(session: AsyncSession, limit: int | None) -> tuple[WorkPool, list[FlowRun]]:
    pool = await make_pool(session, concurrency_limit=limit)
    runs = await make_runs(session, await make_queue(session, pool, concurrency_limit=limit), 12)
    await session.commit()
    return pool, runs


async def test_state_change_takes_at_most_four_statements(db: DBInterface, free):
    """Lock and read; then event, history and run, which PostgreSQL writes in one."""
    _, (run, *_) = free
    most = 4 if db.dialect.single_writer else 2
    for state in (Pending(), Running(), Completed()):
        assert await count(db, lambda session, state=state: propose(session, run, state)) <= most


@pytest.mark.parametrize("limits", [(99, 99), (99, None), (None, 99)], ids=["both", "pool", "queue"])
async def test_so_it_does_within_limits(db: DBInterface, session, limits: tuple[int | None, int | None]):
    """Lock and read, lock the limits, count, write; on SQLite lock, read and count, then three writes."""
    pool_limit, queue_limit = limits
    pool = await make_pool(session, concurrency_limit=pool_limit)
    run = await make_run(
        session, await make_queue(session, pool, concurrency_limit=queue_limit), due(minutes=1)
    )
    await session.commit()
    assert await count(db, lambda session: propose(session, run, Pending())) <= 4
    for state in (Running(), Completed()):
        assert await count(db, lambda session, state=state: propose(session, run, state)) <= (
            4 if db.dialect.single_writer else 2
        )


@pytest.mark.parametrize("has_parent", [False, True], ids=["alone", "for-a-task"])
@pytest.mark.parametrize("deployment_limit", [None, 99], ids=["", "deployment"])
@pytest.mark.parametrize("queue_limit", [None, 99], ids=["", "queue"])
@pytest.mark.parametrize("pool_limit", [None, 99], ids=["", "pool"])
async def test_no_proposal_takes_more_than_four_on_postgresql(
    db: DBInterface,
    session: AsyncSession,
    pool_limit: int | None,
    queue_limit: int | None,
    deployment_limit: int | None,
    has_parent: bool,
):
    """Whatever limits the run and whatever it stands for; SQLite sends rows one by one, with the commit."""
    pool = await make_pool(session, concurrency_limit=pool_limit)
    queue = await make_queue(session, pool, concurrency_limit=queue_limit)
    deployment = await make_deployment(session, queue, concurrency_limit=deployment_limit)
    task = await make_task_run(session, await make_run(session, state=Running())) if has_parent else None
    run = await make_run(
        session,
        queue,
        due(minutes=1),
        deployment_id=deployment.id,
        parent_task_run_id=task.id if task is not None else None,
    )
    await session.commit()
    for state in (Pending(), Running(), Completed()):
        with recorded(db) as statements:
            result = await propose_flow_run_state(db, run.id, state)
        assert result.status == "ACCEPT"
        assert len(statements) <= (11 if db.dialect.single_writer else 4), statements
    if task is not None:
        states = await task_history(session, task)
        assert [one.type for one in states[-3:]] == ["PENDING", "RUNNING", "COMPLETED"]


async def test_refusal_takes_one_statement(db: DBInterface, free):
    _, (run, *_) = free
    await count(db, lambda session: propose(session, run, Running()))
    assert await count(db, lambda session: propose(session, run, Pending())) <= 1


@pytest.mark.parametrize("number", [1, 10])
@pytest.mark.parametrize("limit", [None, 99])
async def test_claim_costs_the_same_for_one_run_and_for_many(
    db: DBInterface, session, limit: int | None, number: int
):
    """On PostgreSQL one statement more, which counts the claim among the state changes under way."""
    pool, _ = await make_waiting(session, limit)
    sent = await count(
        db,
        lambda own: claim_flow_runs(session=own, work_pool_id=pool.id, worker_name="w", limit=number),
    )
    assert sent <= (8 if db.dialect.single_writer else 9)


@pytest.mark.parametrize("number", [2, 12])
async def test_reports_cost_the_same_for_few_runs_and_for_many(
    db: DBInterface, client: httpx.AsyncClient, free, number: int
):
    """Lock and read; then all rows, which PostgreSQL writes in one."""
    pool, _ = free
    body = {"worker_name": "w", "limit": number}
    claimed = (await client.post(f"work_pools/{pool.name}/claim", json=body)).json()
    for state in ("RUNNING", "COMPLETED"):
        reports = [
            {"flow_run_id": one["flow_run"]["id"], "attempt": one["attempt"], "state": {"type": state}}
            for one in claimed
        ]
        with recorded(db) as statements:
            answer = (await client.post("flow_runs/report", json={"reports": reports})).json()
        assert [one["result"]["status"] for one in answer["results"]] == ["ACCEPT"] * number
        assert len(statements) <= (4 if db.dialect.single_writer else 2)


async def test_claim_that_finds_nothing_stops_early(db: DBInterface, session):
    pool = await make_pool(session)
    await session.commit()
    sent = await count(db, lambda own: claim_flow_runs(session=own, work_pool_id=pool.id, worker_name="w"))
    assert sent <= 4


async def test_poll_takes_two_statements_and_an_idle_one_takes_one(db: DBInterface, session, free):
    pool, _ = free
    idle = await make_pool(session)
    await session.commit()
    for polled, most in ((pool, 2), (idle, 1)):
        sent = await count(
            db,
            lambda own, polled=polled: workers.get_scheduled_flow_runs(
                session=own, work_pool_ids=[polled.id]
            ),
        )
        assert sent <= most


async def test_poll_of_many_limited_queues_does_not_ask_each(db: DBInterface, session):
    pool = await make_pool(session)
    for number in range(40):
        queue = await make_queue(session, pool, f"q{number}", concurrency_limit=1)
        await make_run(session, queue, due(minutes=1))
    await session.commit()
    sent = await count(db, lambda own: workers.get_scheduled_flow_runs(session=own, work_pool_ids=[pool.id]))
    assert sent <= 4


async def test_heartbeat_takes_one_statement_once_the_pool_is_ready(db: DBInterface, session):
    pool = await make_pool(session)
    await workers.record_worker_heartbeat(session=session, work_pool=pool, worker_name="w")
    await session.commit()
    assert pool.status == WorkPoolStatus.READY
    sent = await count(
        db,
        lambda own: workers.record_worker_heartbeat(session=own, work_pool=pool, worker_name="w"),
    )
    assert sent <= 1


@pytest.mark.parametrize("queues", [1, 30])
async def test_recording_polls_costs_the_same_for_one_queue_and_for_many(
    db: DBInterface, session, queues: int
):
    """At first five: look, note, make ready, read, record events. Later two, or one if it is too soon."""
    pool = await make_pool(session)
    for number in range(queues):
        await make_queue(session, pool, f"q{number}")
    await session.commit()
    for refresh_seconds, most in ((0.0, 5), (0.0, 2), (60.0, 1)):
        sent = await count(
            db,
            lambda own, refresh=refresh_seconds: workers.record_work_queue_polls(
                session=own, work_pool_ids=[pool.id], refresh_seconds=refresh
            ),
        )
        assert sent <= most


async def test_creation_reads_twice_and_writes_once(db: DBInterface, client: httpx.AsyncClient, session):
    """The deployment with its queue, what the event tells of it, and the run with state and event."""
    pool = await make_pool(session)
    deployment = await make_deployment(
        session, await make_queue(session, pool), enforce_parameter_schema=False
    )
    await session.commit()
    with recorded(db) as statements:
        response = await client.post(f"/deployments/{deployment.id}/create_flow_run", json={})
    assert response.status_code == 201
    assert len(statements) <= (5 if db.dialect.single_writer else 3)
