"""The older routes of work queues (workers.md 3.31, 4.4)."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.api.driver import Api, ago, iso

conformance = pytest.mark.conformance


async def create(api: Api, name: str, *, expect: int = 201, **fields: Any) -> Any:
    return await api.post("work_queues/", {"name": name, **fields}, expect=expect)


async def runs(api: Api, queue: dict[str, Any], *, ui: bool = False, **body: Any) -> list[str]:
    """Return the names of the runs that the queue gives."""
    headers = {"X_Prefect_UI": "true"} if ui else {}
    found = await api.post(f"work_queues/{queue['id']}/get_runs", body or None, **headers)
    return [run["name"] for run in found]


@conformance(175)
async def test_a_queue_without_a_pool_is_made_in_the_default_agent_pool(api: Api) -> None:
    queue = await create(api, "a")

    pool = await api.read_pool("default-agent-pool")
    assert (queue["work_pool_name"], queue["work_pool_id"]) == ("default-agent-pool", pool["id"])
    assert (pool["type"], pool["status"]) == ("prefect-agent", None)
    assert await api.priorities("default-agent-pool") == {"default": 1, "a": 2}
    assert await create(api, "a", expect=409) == {"detail": "Work queue 'a' already exists."}


@conformance(175)
async def test_the_first_queue_named_default_is_the_pools_own(api: Api) -> None:
    queue = await create(api, "default")

    assert queue["id"] == (await api.read_pool("default-agent-pool"))["default_queue_id"]
    await create(api, "default", expect=409)


@conformance(176)
@pytest.mark.parametrize("name", ["two words", "a:b", "a\\b", "a|b", "emoji 🎈", "ä?#"])
async def test_odd_names_are_found(api: Api, name: str) -> None:
    queue = await create(api, name)

    assert await api.get(f"work_queues/name/{quote(name, safe='')}") == queue


@conformance(176)
@pytest.mark.parametrize("name", ["a/b", "a%b", "absent"])
async def test_these_names_are_not_found(api: Api, name: str) -> None:
    await create(api, "a")

    await api.get(f"work_queues/name/{quote(name, safe='')}", expect=404)


@conformance(176)
async def test_a_name_is_looked_up_anywhere_while_there_is_no_agent_pool(api: Api) -> None:
    await api.create_pool()
    queue = await api.create_queue("a")

    assert await api.get("work_queues/name/a") == queue


@conformance(177)
async def test_the_queues_of_all_pools_come_by_name(api: Api) -> None:
    await api.create_pool()
    for name in ("c", "ab"):
        await api.create_queue(name)
    await create(api, "aa")

    async def names(**body: Any) -> list[str]:
        return [queue["name"] for queue in await api.post("work_queues/filter", body or None)]

    assert await names() == ["aa", "ab", "c", "default", "default"]
    assert await names(limit=2, offset=1) == ["ab", "c"]
    assert await names(work_queues={"name": {"startswith_": ["A"]}}) == ["aa", "ab"]
    listed = {queue["name"]: queue["work_pool_name"] for queue in await api.post("work_queues/filter")}
    assert (listed["aa"], listed["c"]) == ("default-agent-pool", "pool")


@conformance(178)
async def test_each_queue_gives_its_own_runs_by_time(api: Api) -> None:
    first, second = await create(api, "a"), await create(api, "b")
    for queue in (first, second):
        for number in (2, 0, 1):
            start = ago(hours=1) + timedelta(minutes=number)
            await api.add_run(queue["id"], name=f"{queue['name']}{number}", start=start)

    assert await runs(api, first) == ["a0", "a1", "a2"]
    assert await runs(api, second) == ["b0", "b1", "b2"]
    assert await runs(api, first, limit=2) == ["a0", "a1"]
    assert await runs(api, first, limit=0) == []


@conformance(178)
async def test_a_run_is_told_with_its_state(api: Api) -> None:
    queue = await create(api, "a")
    await api.add_run(queue["id"])

    [run] = await api.post(f"work_queues/{queue['id']}/get_runs")

    assert run["state"]["type"] == "SCHEDULED"
    assert (run["work_pool_name"], run["work_pool_id"]) == (None, None)


@conformance(179)
@pytest.mark.parametrize(("limit", "given"), [(10, 3), (5, 2), (1, 0), (0, 0), (None, 3)])
async def test_a_queue_gives_as_many_as_it_has_slots(api: Api, limit: int | None, given: int) -> None:
    queue = await create(api, "a", concurrency_limit=limit)
    for state in ("PENDING", "RUNNING", "CANCELLING"):
        await api.add_run(queue["id"], state)
    await api.add_runs(queue["id"], 3)

    assert len(await runs(api, queue)) == given
    assert len(await runs(api, queue, limit=1)) == min(given, 1)


@conformance(180)
async def test_a_paused_queue_gives_nothing_and_the_window_includes_its_end(api: Api) -> None:
    queue = await create(api, "a")
    start: datetime = ago(hours=1)
    await api.add_run(queue["id"], name="run", start=start)

    assert await runs(api, queue, scheduled_before=iso(start)) == ["run"]
    assert await runs(api, queue, scheduled_before=iso(start - timedelta(microseconds=1))) == []
    await api.patch(f"work_queues/{queue['id']}", {"is_paused": True})
    assert await runs(api, queue) == []
    unknown = uuid4()
    answer = await api.post(f"work_queues/{unknown}/get_runs", expect=404)
    assert answer == {"exception_message": f"Work queue with id {unknown} not found."}


@conformance(181)
async def test_who_only_looks_does_not_poll(api: Api) -> None:
    queue = await create(api, "a")

    await runs(api, queue, ui=True)
    await api.record_polls()
    looked_at = await api.get(f"work_queues/{queue['id']}")
    await runs(api, queue)
    await api.record_polls()
    polled = await api.get(f"work_queues/{queue['id']}")

    assert (looked_at["last_polled"], looked_at["status"]) == (None, "NOT_READY")
    assert polled["last_polled"] is not None
    assert polled["status"] == "READY"


@conformance(182)
async def test_a_tag_queue_gives_the_runs_that_match(api: Api) -> None:
    wanted, other = await api.add_deployment(None, "wanted"), await api.add_deployment(None, "other")
    chosen = {"tags": ["red", "big"], "deployment_ids": [str(wanted)]}
    queue = await create(api, "tags", filter=chosen, concurrency_limit=2)
    fits = {"tags": ["red", "big", "new"], "deployment_id": wanted}
    await api.add_run(None, name="fits", **fits)
    await api.add_run(None, name="fewer tags", tags=["red"], deployment_id=wanted)
    await api.add_run(None, name="elsewhere", tags=["red", "big"], deployment_id=other)
    await api.add_run(None, name="no deployment", tags=["red", "big"])
    await api.add_run(None, "CANCELLING", **fits)

    assert queue["filter"] == chosen
    assert await runs(api, queue) == ["fits"]
    assert (await api.get(f"work_queues/{queue['id']}"))["active_slots"] == 0

    await api.add_run(None, "RUNNING", **fits)
    await api.add_run(None, "PENDING", **fits)
    assert await runs(api, queue) == []
    assert (await api.get(f"work_queues/{queue['id']}"))["active_slots"] == 2


@conformance(183)
@pytest.mark.parametrize(
    ("seconds_ago", "late", "healthy"),
    [(1, 0, True), (86400, 0, False), (None, 0, False), (1, 1, False)],
)
async def test_the_health_of_a_queue(api: Api, seconds_ago: int | None, late: int, healthy: bool) -> None:
    queue = await create(api, "a")
    await api.create_pool()
    same_name = await api.create_queue("a")
    for _ in range(late):
        await api.add_run(queue["id"], state_name="Late")
    await api.add_run(same_name["id"], state_name="Late")
    polled = None if seconds_ago is None else ago(seconds=seconds_ago)
    await api.change(api.db.WorkQueue, queue["id"], last_polled=polled)

    status = await api.get(f"work_queues/{queue['id']}/status")

    assert (status["healthy"], status["late_runs_count"]) == (healthy, late)
    assert (status["last_polled"] is None) == (seconds_ago is None)
    assert status["health_check_policy"] == {
        "maximum_late_runs": 0,
        "maximum_seconds_since_last_polled": 60,
    }


@conformance(183)
async def test_the_health_of_an_unknown_queue_is_not_found(api: Api) -> None:
    answer = await api.get(f"work_queues/{uuid4()}/status", expect=404)

    assert "not found" in answer["exception_message"]
