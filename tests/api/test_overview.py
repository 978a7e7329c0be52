"""Pools and queues at a glance."""

import httpx
import pytest

from penstock.schemas.states import Pending, Running, State, StateType
from penstock.server.database import DBInterface
from penstock.server.models.overview import read_recent_starts, starts
from tests.support.factories import ago, default_queue, due, make_pool, make_queue, make_run, propose


async def read(client: httpx.AsyncClient, path: str) -> list[dict[str, object]]:
    answer = await client.get(f"overview/{path}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()
    return found


def late(seconds: float) -> State:
    """Return a state of a run that is late by so many seconds."""
    return due(seconds=seconds).model_copy(update={"name": "Late"})


async def make_traffic(db: DBInterface) -> None:
    """Make a pool with two queues: one runs, two wait, one of them late, one is still to come."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, "mill", concurrency_limit=4)
        queue = await default_queue(session, pool)
        other = await make_queue(session, pool, "bulk", concurrency_limit=1)
        running = await make_run(session, queue, due(seconds=5))
        await make_run(session, other, due(seconds=20))
        await make_run(session, other, late(90))
        await make_run(session, other, due(seconds=-300))
        await propose(session, running, Pending())
        await propose(session, running, Running())
        await make_pool(session, "idle")


async def test_pools_with_their_counts(client: httpx.AsyncClient, db: DBInterface):
    await make_traffic(db)
    await client.post("work_pools/mill/workers/heartbeat", json={"name": "w"})
    idle, mill = await read(client, "work_pools")
    assert mill["name"] == "mill"
    assert mill["status"] == "READY"
    assert (mill["active_slots"], mill["concurrency_limit"]) == (1, 4)
    assert (mill["waiting_runs"], mill["late_runs"]) == (2, 1)
    assert 90 <= mill["oldest_wait_seconds"] < 120
    assert (mill["online_workers"], mill["work_queue_count"]) == (1, 2)
    assert len(mill["started_per_minute"]) == starts.STARTS_MINUTES
    assert sum(mill["started_per_minute"]) == 1
    assert idle["name"] == "idle"
    assert (idle["waiting_runs"], idle["oldest_wait_seconds"]) == (0, None)
    assert set(idle["started_per_minute"]) == {0}


async def test_a_pause_is_seen_at_once_with_who_and_why(client: httpx.AsyncClient, db: DBInterface):
    await make_traffic(db)
    await read(client, "work_pools")
    await client.post("work_pools/mill/maintenance", json={"reason": "new disks"})
    mill = (await read(client, "work_pools"))[1]
    assert (mill["status"], mill["is_paused"], mill["pause_reason"]) == ("PAUSED", True, "new disks")
    assert mill["paused_since"] is not None


async def test_queues_with_their_counts(client: httpx.AsyncClient, db: DBInterface):
    await make_traffic(db)
    default, bulk = await read(client, "work_pools/mill/queues")
    assert (default["name"], default["is_default"], default["active_slots"]) == ("default", True, 1)
    assert (bulk["name"], bulk["is_default"], bulk["priority"]) == ("bulk", False, 2)
    assert (bulk["waiting_runs"], bulk["late_runs"], bulk["active_slots"]) == (2, 1, 0)
    assert [one["name"] for one in await read(client, "work_pools/mill/queues?limit=1&offset=1")] == ["bulk"]


async def test_queues_of_no_pool(client: httpx.AsyncClient):
    answer = await client.get("overview/work_pools/nope/queues")
    assert answer.status_code == 404
    assert "nope" in answer.json()["detail"]


async def test_starts_are_counted_back_as_far_as_is_cheap(db: DBInterface, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(starts, "MOST_STARTS", 2)
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, "mill")
        queue = await default_queue(session, pool)
        for seconds in (100, 30, 20):
            started = State(type=StateType.RUNNING, timestamp=ago(seconds=seconds))
            await make_run(session, queue, started)
    async with db.session_context() as session:
        counted = (await read_recent_starts(session=session))[pool.id]
    assert counted == [None] * starts.STARTS_MINUTES
