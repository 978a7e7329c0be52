"""Many workers race on several servers for few slots (R8)."""

import asyncio
from pathlib import Path

import httpx
import pytest

from penstock import schemas
from penstock.schemas.states import Scheduled
from penstock.server import models
from penstock.server.database import DBInterface
from tests.faults.conftest import Report
from tests.faults.fleet import running_fleet
from tests.faults.sizes import chance_of, patience, shaped, sized
from tests.faults.verdicts import Verdict, read_counts
from tests.races import audit, deployment_audit
from tests.races.claimants import Outcome, work

SERVERS, WORKERS, RUNS = shaped(2, 4), shaped(16, 200), sized(60, 20_000)


async def _prepare(db: DBInterface, runs: int) -> None:
    """Make a pool of limit 7 with queues of limits 1 to 6, and deployments of limits 1 to 7."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await models.workers.create_work_pool(
            session=session,
            work_pool=schemas.actions.WorkPoolCreate(name="race", type="process", concurrency_limit=7),
        )
        queues = [
            await models.workers.create_work_queue(
                session=session,
                work_pool_id=pool.id,
                work_queue=schemas.actions.WorkQueueCreate(name=f"q{limit}", concurrency_limit=limit),
            )
            for limit in range(1, 7)
        ]
        flow = await models.flows.create_flow(session=session, flow=schemas.core.Flow(name="race"))
        deployments = [
            await models.deployments.create_deployment(
                session=session,
                deployment=schemas.actions.DeploymentCreate(
                    name=f"d{limit}", flow_id=flow.id, concurrency_limit=limit
                ),
                work_queue_id=queues[limit % 6].id,
            )
            for limit in range(1, 8)
        ]
        for number in range(runs):
            deployment = deployments[number % 7]
            await models.new_flow_runs.create_flow_run(
                session=session,
                flow_run=schemas.core.FlowRun(
                    flow_id=flow.id,
                    deployment_id=deployment.id,
                    work_queue_id=deployment.work_queue_id,
                    state=Scheduled(),
                ),
            )
    async with db.engine.begin() as connection:
        await audit.install(connection)
        await deployment_audit.install(connection, {one.name: [one.id] for one in deployments})


@patience
@pytest.mark.only_on("postgresql", reason="SQLite has one server; its race is in tests/races")
async def test_limits(db: DBInterface, database_kind: str, tmp_path: Path, report: Report) -> None:
    """Half of the workers claim, half poll and propose; a trigger counts at every change."""
    chance_of("limits")
    await _prepare(db, RUNS)
    outcome, stop = Outcome(), asyncio.Event()
    url = db.dialect.url.render_as_string(hide_password=False)
    async with running_fleet(url, SERVERS, tmp_path, {"PENSTOCK_CLAIM_LEASE_SECONDS": "60"}) as servers:
        limits = httpx.Limits(max_connections=WORKERS * 2, keepalive_expiry=1)
        clients = [
            httpx.AsyncClient(base_url=f"{server.address}/api/", timeout=60, limits=limits)
            for server in servers
        ]
        tasks = [
            asyncio.create_task(work(clients[n // 2 % SERVERS], "race", n, outcome, stop))
            for n in range(WORKERS)
        ]
        while len(outcome.finished) < RUNS and not any(task.done() for task in tasks):
            await asyncio.sleep(0.1)
        stop.set()
        await asyncio.gather(*tasks)
        for client in clients:
            await client.aclose()
    violations, leaked = await read_counts(db)
    verdict = Verdict(
        RUNS,
        lost=[f"{RUNS - len(outcome.finished)} runs"] if len(outcome.finished) < RUNS else [],
        doubled=[run_id for run_id, times in outcome.accepted_pending.items() if times > 1],
        violations=violations,
        leaked=leaked,
        problems=outcome.errors,
    )
    report("races for limits of 1 to 7", f"{SERVERS} servers x {WORKERS // SERVERS} workers", verdict)
