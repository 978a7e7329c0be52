"""The same runs reported by several in the same moments, in other orders, to two servers."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.server.database import DBInterface
from penstock.server.models import doctor, workers
from penstock.server.orchestration import claim_flow_runs
from penstock.server.orchestration.readings import lock_runs
from tests.support.factories import (
    default_queue,
    due,
    make_deployment,
    make_pool,
    make_queue,
    make_run,
    make_runs,
)
from tests.support.races import begin
from tests.support.servers import running_server

RUNS = 60
LIMITED = 10
REPORTERS = 6
ROUNDS = 4


@pytest.fixture
async def clients(db: DBInterface) -> AsyncIterator[list[httpx.AsyncClient]]:
    """One client for each server process: two on PostgreSQL, one on SQLite."""
    url = db.dialect.url.render_as_string(hide_password=False)
    async with running_server(url, 1 if db.dialect.single_writer else 2) as addresses:
        opened = [httpx.AsyncClient(base_url=f"{address}/api/", timeout=60) for address in addresses]
        yield opened
        for client in opened:
            await client.aclose()


async def claim_all(db: DBInterface, client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Make runs, some of them under a deployment's limit, and claim them all."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, concurrency_limit=10 * RUNS)
        queue = await default_queue(session, pool)
        await make_runs(session, queue, RUNS - LIMITED)
        for _ in range(2):
            deployment = await make_deployment(session, queue, concurrency_limit=LIMITED)
            for _ in range(LIMITED // 2):
                await make_run(session, queue, due(minutes=1), deployment_id=deployment.id)
    body = {"worker_name": "w", "limit": RUNS}
    claimed: list[dict[str, Any]] = (await client.post(f"work_pools/{pool.name}/claim", json=body)).json()
    assert len(claimed) == RUNS
    return claimed


async def report(
    client: httpx.AsyncClient, claimed: list[dict[str, Any]], state: str
) -> list[dict[str, Any]]:
    """Report all runs, in an order of one's own, under transition ids of one's own."""
    order = random.sample(claimed, len(claimed))
    reports = [
        {
            "flow_run_id": one["flow_run"]["id"],
            "attempt": one["attempt"],
            "state": {"type": state, "state_details": {"transition_id": str(uuid4())}},
        }
        for one in order
    ]
    answer = await client.post("flow_runs/report", json={"reports": reports})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def propose(client: httpx.AsyncClient, one: dict[str, Any], state: str) -> dict[str, Any]:
    """Report one run by itself."""
    body = {"state": {"type": state}, "attempt": one["attempt"]}
    run_id = one["flow_run"]["id"]
    answer = await client.post(f"flow_runs/{run_id}/set_state", json=body)
    assert answer.status_code in (200, 201, 409), answer.text
    is_written = answer.status_code == 201 and answer.json()["status"] == "ACCEPT"
    return {"flow_run_id": run_id, "result": answer.json() if is_written else None}


@pytest.mark.timeout(240)
async def test_each_end_is_accepted_once(db: DBInterface, clients: list[httpx.AsyncClient]) -> None:
    """No deadlock, and the first end of each attempt is the only one; so in every round."""
    for _ in range(ROUNDS):
        claimed = await claim_all(db, clients[0])
        assert len(await report(clients[0], claimed, "RUNNING")) == RUNS
        singles = random.sample(claimed, 10)
        answers = await asyncio.gather(
            *(report(clients[number % len(clients)], claimed, "COMPLETED") for number in range(REPORTERS)),
            asyncio.gather(*(propose(clients[-1], one, "COMPLETED") for one in singles)),
        )
        accepted = Counter(
            one["flow_run_id"]
            for results in answers
            for one in results
            if one["result"] is not None and one["result"]["status"] == "ACCEPT"
        )
        assert accepted == Counter({one["flow_run"]["id"]: 1 for one in claimed})
    async with db.session_context() as session:
        ends = sa.select(sa.func.count()).where(db.FlowRunState.type == StateType.COMPLETED)
        assert await session.scalar(ends) == ROUNDS * RUNS
        assert await session.scalar(sa.select(sa.func.count()).select_from(db.ConcurrencyLease)) == 0
        assert (await doctor.examine(session=session)).violation_count == 0


@pytest.mark.parametrize("going", ["queue", "pool"])
async def test_who_deletes_a_queue_waits_for_held_runs_in_the_order_of_reports(
    db: DBInterface, going: str
) -> None:
    """Here the rows lie the other way round, so that the order is not that of the table by chance."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session)
        queue = await make_queue(session, pool)
        first, second = sorted(uuid4() for _ in range(2))
        for run_id in (second, first):
            await make_run(session, queue, due(minutes=1), id=run_id)
    async with db.session_context(begin_transaction=True) as session:
        held = await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="w")
    assert {run.id for run in held} == {first, second}

    async def delete(own: AsyncSession) -> None:
        if going == "queue":
            assert await workers.delete_work_queue(own, queue.id)
        else:
            assert await workers.delete_work_pool(own, pool.id)

    async with db.session_context(begin_transaction=True) as session:
        await lock_runs(db.statements_of(session), [first], None)
        deletion = await begin(db, delete)
        await lock_runs(db.statements_of(session), [second], None)
    await deletion
