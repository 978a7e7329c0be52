"""A poll costs what it returns, whatever else the server holds (workers.md 8.9)."""

import time
from uuid import UUID

import pytest
import sqlalchemy as sa

from penstock.core.ids import uuid7
from penstock.server.models import workers
from tests.api.driver import Api

conformance = pytest.mark.conformance

POLLS = 15
SLACK_SECONDS = 0.005


async def seconds_of_a_poll(api: Api, pool_id: str) -> float:
    """Return the shortest time a poll of the pool takes: what it costs on an idle machine."""
    taken = []
    async with api.db.session_context() as session:
        for _ in range(POLLS):
            begun = time.perf_counter()
            await workers.get_scheduled_flow_runs(session=session, work_pool_ids=[UUID(pool_id)], limit=200)
            taken.append(time.perf_counter() - begun)
    return min(taken)


async def analyze(api: Api) -> None:
    """Let the database look at its tables, as it does by itself in the long run."""
    async with api.db.session_context(begin_transaction=True) as session:
        await session.execute(sa.text("ANALYZE"))


@conformance(107)
async def test_an_idle_pool_does_not_notice_the_backlog_of_others(api: Api) -> None:
    idle, busy = await api.create_pool("idle"), await api.create_pool("busy")
    before = await seconds_of_a_poll(api, idle["id"])

    for _ in range(8):
        await api.add_backlog(busy["default_queue_id"], 5000)
    await analyze(api)

    assert await seconds_of_a_poll(api, idle["id"]) < 2 * before + SLACK_SECONDS


@conformance(108)
async def test_the_limited_queues_of_other_pools_cost_nothing(api: Api) -> None:
    pool, other = await api.create_pool(), await api.create_pool("other")
    await api.add_backlog(pool["default_queue_id"], 20)
    before = await seconds_of_a_poll(api, pool["id"])

    queues = [
        {
            "id": uuid7(),
            "name": f"queue-{number}",
            "work_pool_id": UUID(other["id"]),
            "priority": number + 2,
            "concurrency_limit": 3,
        }
        for number in range(500)
    ]
    async with api.db.session_context(begin_transaction=True) as session:
        await session.execute(sa.insert(api.db.WorkQueue), queues)
    for queue in queues[:20]:
        await api.add_backlog(str(queue["id"]), 50)
    await analyze(api)

    assert await seconds_of_a_poll(api, pool["id"]) < 2 * before + SLACK_SECONDS
