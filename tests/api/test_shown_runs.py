"""Workers that poll in the same moments are shown different runs, as long as there are others (ADR 0010)."""

import asyncio
from typing import Any

import pytest

from penstock.server.services import ShownRuns
from tests.api.driver import Api


class Clock:
    """Seconds that go on when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(api: Api) -> Clock:
    """The clock of the application's memory."""
    clock = Clock()
    api.app.state.shown_runs = ShownRuns(clock=clock)
    return clock


@pytest.fixture
async def runs(api: Api, clock: Clock) -> list[str]:
    """Six waiting runs in an unlimited pool, in their order."""
    pool = await api.create_pool()
    return [str(one) for one in await api.add_runs(pool["default_queue_id"], 6)]


async def poll_as(api: Api, worker: str | None, limit: int = 2) -> list[str]:
    headers = {} if worker is None else {"x_prefect_worker_name": worker}
    rows = await api.post("work_pools/pool/get_scheduled_flow_runs", {"limit": limit}, **headers)
    return [row["flow_run"]["id"] for row in rows]


async def take_as(api: Api, worker: str, run_id: str) -> Any:
    body = {"state": {"type": "PENDING"}}
    response = await api.send("POST", f"flow_runs/{run_id}/set_state", body, x_prefect_worker_name=worker)
    return response.json()["status"]


async def test_each_worker_is_shown_what_comes_next(api: Api, runs: list[str]) -> None:
    shown = [await poll_as(api, worker) for worker in ("a", "b", "c")]

    assert shown == [runs[:2], runs[2:4], runs[4:]]
    assert await poll_as(api, "a") == runs[:2]
    assert await poll_as(api, "b", limit=4) == runs[2:4]


async def test_workers_that_poll_at_once_are_shown_different_runs(api: Api) -> None:
    pool = await api.create_pool()
    runs = [str(one) for one in await api.add_runs(pool["default_queue_id"], 24)]

    shown = await asyncio.gather(*(poll_as(api, f"worker-{number}", limit=3) for number in range(8)))

    assert sorted(one for some in shown for one in some) == sorted(runs)


async def test_nobody_waits_for_a_worker_that_takes_nothing(api: Api, runs: list[str]) -> None:
    assert await poll_as(api, "a", limit=6) == runs

    assert await poll_as(api, "b", limit=6) == runs
    assert await take_as(api, "b", runs[0]) == "ACCEPT"
    assert await take_as(api, "a", runs[0]) == "ABORT"


async def test_after_some_seconds_all_is_open_to_all(api: Api, runs: list[str], clock: Clock) -> None:
    assert await poll_as(api, "a") == runs[:2]
    clock.now += 4.9
    assert await poll_as(api, "b") == runs[2:4]
    clock.now += 0.2
    assert await poll_as(api, "c") == runs[:2]


async def test_what_was_taken_leaves_room(api: Api, runs: list[str]) -> None:
    assert await poll_as(api, "a") == runs[:2]
    assert await take_as(api, "a", runs[0]) == "ACCEPT"

    assert await poll_as(api, "b", limit=6) == runs[2:]


async def test_who_says_no_name_is_shown_the_first_runs(api: Api, runs: list[str]) -> None:
    assert await poll_as(api, "a") == runs[:2]

    assert await poll_as(api, None) == runs[:2]
    assert await poll_as(api, "b") == runs[2:4]


@pytest.mark.parametrize("limited", ["pool", "queue"])
async def test_lower_runs_do_not_get_the_slots_of_higher_ones(api: Api, clock: Clock, limited: str) -> None:
    """With two slots, two runs are shown, to however many workers."""
    limit = {"concurrency_limit": 2}
    pool = await api.create_pool(**(limit if limited == "pool" else {}))
    queue = await api.create_queue("q", priority=1, **(limit if limited == "queue" else {}))
    first = [str(one) for one in await api.add_runs(queue["id"], 4)]
    last = [str(one) for one in await api.add_runs(pool["default_queue_id"], 1)]

    assert await poll_as(api, "a", limit=2) == first[:2]

    others = await poll_as(api, "b", limit=5)
    assert others == (first[:2] if limited == "pool" else last)


async def test_many_shown_runs_are_few_to_remember(api: Api, clock: Clock) -> None:
    """Of those that fall out of memory somebody else is shown the first."""
    pool = await api.create_pool()
    runs = [str(one) for one in await api.add_runs(pool["default_queue_id"], 300)]
    assert await poll_as(api, "a", limit=200) == runs[:200]
    assert await poll_as(api, "b", limit=200) == runs[200:]
    assert await poll_as(api, "c", limit=1) == runs[:1]
