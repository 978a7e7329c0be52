"""Limits and claims while several workers act at once (workers.md 8.1, 8.2; design.md 3)."""

import asyncio
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api.driver import Api, ago

conformance = pytest.mark.conformance

WORKERS = 8
SLOTS = ("PENDING", "RUNNING")


async def poll_and_take(api: Api, *, finish: bool = False) -> list[str]:
    """Work as a polling worker does until nothing is left; return the runs it was given."""
    taken: list[str] = []
    while rows := await api.post("work_pools/pool/get_scheduled_flow_runs", {"limit": 20}):
        given = 0
        for row in rows:
            run_id = row["flow_run"]["id"]
            if (await api.propose(run_id, "PENDING"))["status"] == "ACCEPT":
                given += 1
                taken.append(run_id)
                if finish:
                    await api.propose(run_id, "RUNNING")
                    await api.propose(run_id, "COMPLETED")
        if not given and not finish:
            break
    return taken


@conformance(101)
async def test_an_earlier_run_between_two_polls_does_not_break_the_limit(api: Api) -> None:
    pool = await api.create_pool(concurrency_limit=1)
    await api.patch("work_pools/pool/queues/default", {"concurrency_limit": 1})
    queue = pool["default_queue_id"]
    first = await api.add_run(queue, name="first", start=ago(minutes=1))
    assert await api.poll() == ["first"]
    second = await api.add_run(queue, name="second", start=ago(minutes=2))
    assert await api.poll() == ["second"]

    outcomes = [await api.propose(run_id, "PENDING") for run_id in (first, second)]

    assert [outcome["status"] for outcome in outcomes] == ["ACCEPT", "REJECT"]
    assert outcomes[1]["state"]["type"] == "SCHEDULED"
    assert await api.count_runs(*SLOTS) == 1


@conformance(102)
async def test_two_polls_at_once_hand_out_one_run_for_one_slot(api: Api) -> None:
    pool = await api.create_pool()
    await api.patch("work_pools/pool/queues/default", {"concurrency_limit": 1})
    await api.add_runs(pool["default_queue_id"], 3)

    shown = await asyncio.gather(*(api.post("work_pools/pool/get_scheduled_flow_runs") for _ in range(2)))
    ids = {row["flow_run"]["id"] for rows in shown for row in rows}

    assert len(ids) == 1
    outcomes = await asyncio.gather(*(api.propose(run_id, "PENDING") for run_id in [*ids, *ids]))
    assert sorted(outcome["status"] for outcome in outcomes) == ["ABORT", "ACCEPT"]


@conformance(103)
@pytest.mark.parametrize("limited", ["pool", "queue"])
async def test_a_limit_holds_against_many_workers_and_a_long_backlog(api: Api, limited: str) -> None:
    pool = await api.create_pool()
    path = "work_pools/pool" if limited == "pool" else "work_pools/pool/queues/default"
    await api.patch(path, {"concurrency_limit": 10})
    await api.add_backlog(pool["default_queue_id"], 1100)

    async def claim() -> list[str]:
        return [row["flow_run"]["id"] for row in await api.claim(limit=200)]

    taken = await asyncio.gather(*(poll_and_take(api) if one % 2 else claim() for one in range(WORKERS)))

    ids = [run_id for one in taken for run_id in one]
    assert len(ids) == len(set(ids)) == 10
    assert await api.count_runs(*SLOTS) == 10


@conformance(104)
async def test_of_two_proposals_for_one_run_one_is_accepted(api: Api) -> None:
    pool = await api.create_pool()
    run_id = await api.add_run(pool["default_queue_id"])

    outcomes = await asyncio.gather(*(api.propose(run_id, "PENDING") for _ in range(2)))

    accepted, aborted = sorted(outcomes, key=lambda one: one["status"] == "ABORT")
    assert (accepted["status"], aborted["status"]) == ("ACCEPT", "ABORT")
    assert "PENDING" in aborted["details"]["reason"]
    assert aborted["state"]["id"] == accepted["state"]["id"]


@conformance(105)
@pytest.mark.parametrize("way", ["poll", "claim"])
async def test_without_limits_every_run_is_taken_exactly_once(api: Api, way: str) -> None:
    pool = await api.create_pool()
    await api.add_runs(pool["default_queue_id"], 40)

    async def claim_all(worker: int) -> list[str]:
        taken = []
        while rows := await api.claim(worker=f"w{worker}", limit=3):
            taken += [row["flow_run"]["id"] for row in rows]
        return taken

    loops = [poll_and_take(api) if way == "poll" else claim_all(one) for one in range(WORKERS)]
    taken: list[list[str]] = await asyncio.gather(*loops)

    counts = Counter(run_id for one in taken for run_id in one)
    assert len(counts) == 40
    assert set(counts.values()) == {1}


async def test_a_stale_handout_runs_nothing_twice(api: Api) -> None:
    pool = await api.create_pool(concurrency_limit=3)
    await api.add_runs(pool["default_queue_id"], 30)

    taken = await asyncio.gather(*(poll_and_take(api, finish=True) for _ in range(4)))

    counts = Counter(run_id for one in taken for run_id in one)
    assert len(counts) == 30
    assert set(counts.values()) == {1}


@pytest.mark.only_on("postgresql", reason="on SQLite who holds a lock holds the whole file")
async def test_claims_that_wait_for_their_pool_hold_up_no_other(api: Api) -> None:
    """However many they are: neither connections nor turns of others are theirs."""
    await api.create_pool("busy", concurrency_limit=5)
    other = await api.create_pool("other")
    await api.add_run(other["default_queue_id"], name="elsewhere")
    async with api.db.session_context(begin_transaction=True) as holder:
        pool = sa.select(api.db.WorkPool).where(api.db.WorkPool.name == "busy")
        await holder.execute(pool.with_for_update())
        waiting = [asyncio.create_task(api.claim("busy", worker=f"w{number}")) for number in range(40)]
        await asyncio.sleep(0.3)

        [claimed] = await api.claim("other")

        assert claimed["flow_run"]["name"] == "elsewhere"
        assert not any(task.done() for task in waiting)
    assert await asyncio.gather(*waiting) == [[]] * len(waiting)


async def test_a_claim_takes_runs_in_the_order_of_a_poll(api: Api) -> None:
    pool = await api.create_pool()
    low = await api.create_queue("low")
    await api.add_run(low["id"], name="low", start=ago(hours=9))
    await api.add_run(pool["default_queue_id"], name="second", start=ago(hours=1))
    await api.add_run(pool["default_queue_id"], name="first", start=ago(hours=2))
    await api.add_run(pool["default_queue_id"], name="future", start=ago(hours=-1))

    claimed = await api.claim(worker="w1")

    assert [row["flow_run"]["name"] for row in claimed] == ["first", "second", "low"]
    run = claimed[2]["flow_run"]
    assert (claimed[2]["work_pool_id"], claimed[2]["work_queue_id"]) == (pool["id"], low["id"])
    assert (run["state_type"], run["state"]["type"], run["work_pool_name"]) == ("PENDING", "PENDING", "pool")
    assert "w1" in run["state"]["message"]
    assert await api.get(f"flow_runs/{run['id']}") | {"estimated_start_time_delta": 0} == run | {
        "estimated_start_time_delta": 0
    }


async def test_a_claim_can_name_queues(api: Api) -> None:
    pool = await api.create_pool()
    low = await api.create_queue("low")
    await api.add_run(pool["default_queue_id"], name="default")
    await api.add_run(low["id"], name="low")

    claimed = await api.claim(work_queue_names=["low"])

    assert [row["flow_run"]["name"] for row in claimed] == ["low"]
    await api.record_polls()
    assert (await api.read_queue("low"))["last_polled"] is not None
    assert (await api.read_queue("default"))["last_polled"] is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("work_pools/absent/claim", {"worker_name": "w"}, 404),
        ("work_pools/pool/claim", {"worker_name": "w", "work_queue_names": ["absent"]}, 404),
        ("work_pools/pool/claim", {}, 422),
        ("work_pools/pool/claim", {"worker_name": ""}, 422),
        ("work_pools/pool/claim", {"worker_name": "w", "limit": 0}, 422),
        ("work_pools/pool/claim", {"worker_name": "w", "limit": 201}, 422),
    ],
)
async def test_a_bad_claim_is_refused(api: Api, path: str, body: dict[str, Any], status: int) -> None:
    await api.create_pool()

    await api.post(path, body, expect=status)


async def test_paused_pools_and_queues_give_nothing_to_claim(api: Api) -> None:
    pool = await api.create_pool()
    await api.add_run(pool["default_queue_id"])

    await api.patch("work_pools/pool", {"is_paused": True})
    assert await api.claim() == []
    await api.patch("work_pools/pool", {"is_paused": False})
    await api.patch("work_pools/pool/queues/default", {"is_paused": True})
    assert await api.claim() == []
    await api.patch("work_pools/pool/queues/default", {"is_paused": False})
    assert len(await api.claim()) == 1
