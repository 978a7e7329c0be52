"""How the databases read lanes: by steps in one index, whatever lies in front (ADR 0007)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from penstock.server.database import DBInterface
from penstock.server.database.dispatch import StartWindow
from penstock.server.database.lanes import LaneKey, first_runs_of_lanes, read_lanes
from penstock.server.models import workers
from tests.concurrency.scenes import limited, run_of
from tests.concurrency.test_dispatch import add_backlog, fill
from tests.support.factories import ago, default_queue, make_pool

INDEX = "ix_flow_run__due_of_deployment"


async def plan_of(session, db: DBInterface, statement: Any, parameters: dict[str, Any]) -> str:
    """Return the plan of a statement, as the database tells it."""
    sent: list[tuple[str, Any]] = []

    def note(_connection, _cursor, text, values, _context, _many):
        sent.append((text, values))

    engine = db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        await session.execute(statement, parameters)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if db.dialect.name == "sqlite" else "EXPLAIN"
    connection = await session.connection()
    rows = await connection.exec_driver_sql(f"{explain} {sent[-1][0]}", sent[-1][1])
    return "\n".join(str(row[-1]) for row in rows)


async def prepare(session):
    pool = await make_pool(session)
    queue = await default_queue(session, pool)
    deployments = [await limited(session, 1, queue) for _ in range(5)]
    for deployment in deployments:
        await fill(session, queue, deployment)
        await add_backlog(session, queue, deployment, 2000)
    await run_of(session, await limited(session, 1, queue), queue)
    await session.commit()
    await session.execute(sa.text("ANALYZE"))
    await session.commit()
    return pool, queue, deployments


def reads_flow_run_by_steps(plan: str) -> bool:
    """Whether no part of the plan goes through all runs, or through a whole queue."""
    lines = [line for line in plan.splitlines() if "flow_run" in line]
    return bool(lines) and not any("Seq Scan" in line or line.startswith("SCAN flow_run") for line in lines)


async def test_lanes_are_found_by_steps(session, db):
    _, queue, deployments = await prepare(session)
    for window in (StartWindow(), StartWindow(due_now=True), StartWindow(before=ago())):
        plan = await plan_of(session, db, *read_lanes([queue.id], window))
        assert INDEX in plan, plan
        assert reads_flow_run_by_steps(plan), plan
        takes = [(LaneKey(queue.id, deployments[0].id, 0), 3), (LaneKey(queue.id, None, 0), 3)]
        plan = await plan_of(session, db, *first_runs_of_lanes(takes, window))
        assert reads_flow_run_by_steps(plan), plan


async def test_a_poll_behind_blocked_runs_takes_few_statements(session, db):
    pool, _, _ = await prepare(session)
    statements = []
    engine = db.engine.sync_engine

    def count(*_):
        statements.append(1)

    event.listen(engine, "before_cursor_execute", count)
    try:
        found = await workers.get_scheduled_flow_runs(session=session, work_pool_ids=[pool.id], limit=10)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(found) == 1
    assert len(statements) <= 7
