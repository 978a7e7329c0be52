"""The statements of dispatch enter ``flow_run`` by its indexes, and cost what they return.

Twenty thousand runs wait in one pool; an idle pool with many limited queues stands beside it
(workers.md 8.9, cases 107 and 108).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.states import StateType
from penstock.server.database import DBInterface
from penstock.server.database.dispatch import StartWindow, first_due_runs, open_queues
from penstock.server.database.orm_models import FlowRun, WorkQueue
from penstock.server.database.slots import occupied_in_pool, occupied_in_queue
from tests.support.factories import ago, ids, make_flow, make_pool, make_queue
from tests.support.plans import Plan, plan_of

BACKLOG = 20_000
RUNNING_ELSEWHERE = 500
SMALL_EFFORT = 5_000
"""Looking at the backlog would cost PostgreSQL 20,000 rows, and SQLite many steps for each of them."""

DUE = "ix_flow_run__due"
SLOTS = {"ix_flow_run__slot_holders", "ix_flow_run__in_process_retries"}
KEY = {"pk_flow_run", "sqlite_autoindex_flow_run_1"}
WINDOWS = [StartWindow(due_now=True), StartWindow(before=utc_now()), StartWindow()]


@dataclass(frozen=True)
class Scene:
    """Ids: of a busy pool with its queues, and of an idle pool with many."""

    busy: UUID
    queues: list[UUID]
    idle: UUID


@pytest.fixture
async def scene(db: DBInterface, session: AsyncSession) -> Scene:
    """The backlog: much waits in the busy pool, a little runs, some is over; other pools run too."""
    flow = await make_flow(session)
    busy = await make_pool(session, concurrency_limit=50)
    queues = [await make_queue(session, busy, concurrency_limit=20) for _ in range(4)]
    idle = await make_pool(session, concurrency_limit=50)
    for _ in range(60):
        await make_queue(session, idle, concurrency_limit=5)
    elsewhere = [await make_queue(session, await make_pool(session)) for _ in range(10)]
    start = ago(hours=12)

    def rows(number: int, state: StateType, queues: list[WorkQueue]) -> list[dict[str, Any]]:
        return [
            {
                "name": "run",
                "flow_id": flow.id,
                "work_queue_id": queues[n % len(queues)].id,
                "state_type": state,
                "state_name": state.capitalize(),
                "next_scheduled_start_time": start + timedelta(seconds=n) if state == "SCHEDULED" else None,
            }
            for n in range(number)
        ]

    for number, state, where in (
        (BACKLOG, StateType.SCHEDULED, queues),
        (40, StateType.RUNNING, queues),
        (RUNNING_ELSEWHERE, StateType.RUNNING, elsewhere),
        (2000, StateType.COMPLETED, queues),
    ):
        await session.execute(sa.insert(FlowRun), rows(number, state, where))
    await session.commit()
    if db.dialect.name == "postgresql":
        # what autovacuum does in time; on SQLite nobody does
        await session.execute(sa.text("ANALYZE"))
        await session.commit()
    return Scene(busy.id, ids(queues), idle.id)


async def explained(session: AsyncSession, statement: Any, parameters: dict[str, Any]) -> Plan:
    """Return the plan for ``flow_run``, of which no part may be a scan of it all."""
    plan = await plan_of(session, "flow_run", statement, parameters)
    assert plan.scans == []
    assert plan.effort < SMALL_EFFORT
    return plan


@pytest.mark.conformance(107, 108)
async def test_dispatch_does_not_notice_the_backlog(session: AsyncSession, scene: Scene):
    takes = [(queue_id, 10) for queue_id in scene.queues]
    for window in WINDOWS:
        # which queues have something due: a look into each, and the slots of those with limits
        for pool_id in (scene.busy, scene.idle):
            plan = await explained(session, *open_queues([pool_id], None, window))
            assert DUE in plan.indexes
            assert plan.indexes <= {DUE} | SLOTS
        plan = await explained(session, *open_queues(None, scene.queues[:2], window))
        assert plan.indexes <= {DUE} | SLOTS
        # the first runs of each queue: read in the order of the index, never sorted
        for lock in (False, True):
            plan = await explained(session, *first_due_runs(takes, window, lock=lock))
            assert DUE in plan.indexes
            assert plan.indexes <= {DUE} | KEY
            assert plan.sorts == []
        await session.rollback()

    # counting slots: their holders alone
    in_pool = occupied_in_pool(sa.literal(scene.busy, sa.Uuid()))
    in_queue = occupied_in_queue(sa.literal(scene.queues[0], sa.Uuid()))
    for count in (in_pool, in_queue):
        plan = await explained(session, sa.select(count), {})
        assert plan.indexes <= SLOTS
