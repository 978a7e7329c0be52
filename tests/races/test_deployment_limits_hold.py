"""Limits of deployments hold at every commit, however many claimants and servers race (ADR 0007).

Two server processes on PostgreSQL and one on SQLite; half of the claimants claim, half poll as an
unmodified worker; limits change, appear and disappear all the time; a trigger counts.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from penstock import schemas
from penstock.schemas.states import Pending, Scheduled
from penstock.server import models
from penstock.server.database import DBInterface
from penstock.server.orchestration import set_flow_run_state
from tests.races import deployment_audit
from tests.races.claimants import Outcome, work
from tests.support.servers import running_server

RUNS = 96
CLAIMANTS = 16
DEADLINE_SECONDS = 120.0
USER_AGENTS = ("prefect/3.8.8 (API 0.8.4)", "penstock")


async def _prepare(db: DBInterface) -> dict[str, list[object]]:
    """Make two deployments with limits of their own, two that share one, and due runs of each."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await models.workers.create_work_pool(
            session=session,
            work_pool=schemas.actions.WorkPoolCreate(name="race", type="process", concurrency_limit=6),
        )
        flow = await models.flows.create_flow(session=session, flow=schemas.core.Flow(name="race"))
        shared = await models.concurrency_limits.create_concurrency_limit(
            session=session,
            concurrency_limit=schemas.actions.ConcurrencyLimitV2Create(name="shared", limit=2),
        )
        kinds = [
            {"concurrency_limit": 1},
            {"concurrency_limit": 3},
            {"global_concurrency_limit_id": shared.id},
            {"global_concurrency_limit_id": shared.id},
        ]
        deployments = [
            await models.deployments.create_deployment(
                session=session,
                deployment=schemas.actions.DeploymentCreate(name=f"d{n}", flow_id=flow.id, **fields),
                work_queue_id=pool.default_queue_id,
            )
            for n, fields in enumerate(kinds)
        ]
        for number in range(RUNS):
            await models.new_flow_runs.create_flow_run(
                session=session,
                flow_run=schemas.core.FlowRun(
                    id=uuid4(),
                    flow_id=flow.id,
                    deployment_id=deployments[number % 4].id,
                    work_queue_id=pool.default_queue_id,
                    empirical_policy=schemas.core.FlowRunPolicy(retries=1 if number % 3 == 0 else None),
                    state=Scheduled(),
                ),
            )
    ids = [deployment.id for deployment in deployments]
    groups: dict[str, list[object]] = {"own-1": ids[:1], "own-2": ids[1:2], "shared": ids[2:]}
    async with db.engine.begin() as connection:
        await deployment_audit.install(connection, groups)
    return groups


async def _meddle(client: httpx.AsyncClient, groups: dict[str, list[object]], stop: asyncio.Event) -> int:
    """Change limits at random until told to stop."""
    chance = random.Random(7)
    changes = 0
    while not stop.is_set():
        if chance.random() < 0.7:
            path = f"deployments/{groups[chance.choice(('own-1', 'own-2'))][0]}"
            body = {"concurrency_limit": chance.choice((None, 1, 2, 3, 4))}
        else:
            path, body = "v2/concurrency_limits/shared", {"limit": chance.choice((1, 2, 3, 4))}
        answer = await client.patch(path, json=body)
        assert answer.status_code in (204, 503), answer.text
        changes += 1
        await asyncio.sleep(chance.uniform(0.02, 0.1))
    return changes


@pytest.fixture
async def clients(db: DBInterface) -> AsyncIterator[list[httpx.AsyncClient]]:
    """One client for each server process and kind of user: two servers on PostgreSQL, one on SQLite."""
    url = db.dialect.url.render_as_string(hide_password=False)
    processes = 1 if db.dialect.single_writer else 2
    async with running_server(url, processes) as addresses:
        limits = httpx.Limits(max_connections=CLAIMANTS * 2, keepalive_expiry=1)
        opened = [
            httpx.AsyncClient(
                base_url=f"{address}/api/", timeout=30, limits=limits, headers={"user-agent": agent}
            )
            for address in addresses
            for agent in USER_AGENTS
        ]
        yield opened
        for client in opened:
            await client.aclose()
    async with db.engine.begin() as connection:
        await deployment_audit.uninstall(connection)


@pytest.mark.timeout(180)
async def test_deployment_limits_hold_at_every_commit(
    db: DBInterface, clients: list[httpx.AsyncClient]
) -> None:
    """No entry exceeds a limit, every run is taken once, and all slots come back."""
    groups = await _prepare(db)
    outcome, stop = Outcome(), asyncio.Event()
    tasks = [
        asyncio.create_task(work(clients[n // 2 % len(clients)], "race", n, outcome, stop))
        for n in range(CLAIMANTS)
    ]
    meddler = asyncio.create_task(_meddle(clients[0], groups, stop))
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(outcome.finished) < RUNS:
                await asyncio.sleep(0.1)
                for task in [meddler, *tasks]:
                    if task.done():
                        task.result()
    finally:
        stop.set()
        await asyncio.gather(*tasks, meddler, return_exceptions=True)
    async with db.engine.connect() as connection:
        assert await deployment_audit.violations(connection) == []
        counts = await deployment_audit.counts(connection)
        assert {grp: held for grp, (held, _) in counts.items()} == dict.fromkeys(groups, 0)
        assert all(most > 0 for _, most in counts.values())
        leases = sa.select(sa.func.count()).select_from(db.ConcurrencyLease)
        assert await connection.scalar(leases) == 0
    assert outcome.errors == []
    assert len(outcome.accepted_pending) == RUNS
    assert set(outcome.accepted_pending.values()) == {1}
    assert meddler.result() > 10


async def test_the_witness_sees_an_overrun(db: DBInterface) -> None:
    """Forced states pass the gate, and the triggers notice."""
    groups = await _prepare(db)
    try:
        async with db.session_context(begin_transaction=True) as session:
            runs = await session.scalars(
                sa.select(db.FlowRun.id).where(db.FlowRun.deployment_id == groups["own-1"][0]).limit(2)
            )
            for run_id in runs.all():
                await set_flow_run_state(session=session, flow_run_id=run_id, state=Pending(), force=True)
        async with db.engine.connect() as connection:
            assert await deployment_audit.violations(connection) == [("own-1", 2, 1)]
    finally:
        async with db.engine.begin() as connection:
            await deployment_audit.uninstall(connection)
