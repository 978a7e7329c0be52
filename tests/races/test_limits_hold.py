"""Limits hold at every commit, however many claimants and servers race (workers.md 8.1, case 103).

Two server processes on PostgreSQL and one on SQLite; 32 claimants, half of them through our claim,
half as an unmodified worker; limits and pauses change all the time; a trigger in the database
counts.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from penstock import schemas
from penstock.schemas.states import Scheduled
from penstock.server import models
from penstock.server.database import DBInterface
from tests.races import audit
from tests.races.claimants import Outcome, work
from tests.support.servers import running_server

RUNS = 300
CLAIMANTS = 32
ENOUGH = 80
PATIENCE_SECONDS = 150.0
QUEUES = ("default", "a", "b", "c")


async def _prepare(db: DBInterface) -> None:
    """Make a limited pool with four queues and due runs in each, every third with a retry."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await models.workers.create_work_pool(
            session=session,
            work_pool=schemas.actions.WorkPoolCreate(name="race", type="process", concurrency_limit=4),
        )
        queue_ids = [pool.default_queue_id]
        for name in QUEUES[1:]:
            queue = await models.workers.create_work_queue(
                session=session,
                work_pool_id=pool.id,
                work_queue=schemas.actions.WorkQueueCreate(name=name, concurrency_limit=2),
            )
            queue_ids.append(queue.id)
        flow = await models.flows.create_flow(session=session, flow=schemas.core.Flow(name="race"))
        for number in range(RUNS):
            policy = schemas.core.FlowRunPolicy(retries=1 if number % 3 == 0 else None)
            await models.new_flow_runs.create_flow_run(
                session=session,
                flow_run=schemas.core.FlowRun(
                    id=uuid4(),
                    flow_id=flow.id,
                    work_queue_id=queue_ids[number % len(queue_ids)],
                    empirical_policy=policy,
                    state=Scheduled(),
                ),
            )
    async with db.engine.begin() as connection:
        await audit.install(connection)


async def _meddle(client: httpx.AsyncClient, stop: asyncio.Event) -> int:
    """Change limits and pauses at random until told to stop; at the end everything is open."""
    chance = random.Random(7)
    changes = 0
    while not stop.is_set():
        body = chance.choice(
            (
                {"concurrency_limit": chance.choice((None, 1, 2, 3, 5, 8))},
                {"is_paused": chance.random() < 0.2},
            )
        )
        where = "" if chance.random() < 0.5 else f"/queues/{chance.choice(QUEUES)}"
        answer = await client.patch(f"work_pools/race{where}", json=body)
        assert answer.status_code in (204, 503), answer.text
        changes += 1
        await asyncio.sleep(chance.uniform(0.01, 0.05))
        if body.get("is_paused"):
            answer = await client.patch(f"work_pools/race{where}", json={"is_paused": False})
    return changes


@pytest.fixture
async def clients(db: DBInterface) -> AsyncIterator[list[httpx.AsyncClient]]:
    """One client for each server process: two on PostgreSQL, one on SQLite."""
    url = db.dialect.url.render_as_string(hide_password=False)
    processes = 1 if db.dialect.single_writer else 2
    async with running_server(url, processes) as addresses:
        limits = httpx.Limits(max_connections=CLAIMANTS * 2, keepalive_expiry=1)
        opened = [
            httpx.AsyncClient(base_url=f"{address}/api/", timeout=30, limits=limits) for address in addresses
        ]
        yield opened
        for client in opened:
            await client.aclose()


@pytest.mark.timeout(240)
@pytest.mark.conformance(103, 105)
async def test_limits_hold_at_every_commit(db: DBInterface, clients: list[httpx.AsyncClient]) -> None:
    """No entry into a slot exceeds a limit, no run is taken twice, and all slots come back.

    The race ends when enough runs have ended; whoever holds one then finishes it.
    """
    await _prepare(db)
    outcome, stop = Outcome(), asyncio.Event()
    tasks = [
        asyncio.create_task(work(clients[n % len(clients)], "race", n, outcome, stop))
        for n in range(CLAIMANTS)
    ]
    meddler = asyncio.create_task(_meddle(clients[0], stop))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(outcome.finished) < ENOUGH:
            await asyncio.sleep(0.1)
            for task in [meddler, *tasks]:
                if task.done():
                    task.result()
    stop.set()
    await asyncio.gather(*tasks, meddler)
    async with db.engine.connect() as connection:
        assert await audit.violations(connection) == []
        assert await audit.still_held(connection) == 0
        assert await audit.most_held(connection) > 1
    assert outcome.errors == []
    assert outcome.finished == set(outcome.accepted_pending)
    assert set(outcome.accepted_pending.values()) == {1}
    assert meddler.result() > 10
