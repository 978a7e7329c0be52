"""Reading and counting work pools (workers.md 3.2-3.7, 4.1)."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from penstock.server.models import workers
from tests.api.driver import Api, problems

conformance = pytest.mark.conformance


@conformance(28)
async def test_a_pool_is_read_by_id(api: Api) -> None:
    pool = await api.create_pool()

    async with api.db.session_context() as session:
        found = await workers.read_work_pool(session=session, work_pool_id=UUID(pool["id"]))
        missing = await workers.read_work_pool(session=session, work_pool_id=uuid4())

    assert found is not None
    assert found.name == "pool"
    assert missing is None


@conformance(29)
@pytest.mark.parametrize("name", ["other", "POOL", "pool ", "po%6Fl2"])
async def test_a_name_must_be_exact(api: Api, name: str) -> None:
    await api.create_pool("pool")

    answer = await api.get(f"work_pools/{name}", expect=404)

    shown = name.replace("%6F", "o")
    assert answer == {"detail": f'Work pool "{shown}" not found.'}


@conformance(30)
async def test_a_stored_template_is_never_judged_again(api: Api) -> None:
    pool = await api.create_pool()
    odd = {"job_configuration": {"command": "{{ undeclared }}"}, "variables": {}}
    await api.change(api.db.WorkPool, pool["id"], base_job_template=odd)

    assert (await api.read_pool())["base_job_template"] == odd
    assert [one["base_job_template"] for one in await api.post("work_pools/filter")] == [odd]


@conformance(31)
async def test_pools_come_by_name(api: Api) -> None:
    for name in ("c", "a", "b"):
        await api.create_pool(name)

    assert await _names(api) == ["a", "b", "c"]


@conformance(32)
@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"limit": 2}, ["a", "b"]),
        ({"offset": 1}, ["b", "c"]),
        ({"limit": 1, "offset": 2}, ["c"]),
        ({"limit": 0}, []),
        ({"limit": None, "offset": None, "work_pools": None}, ["a", "b", "c"]),
        ({"offset": 9}, []),
    ],
)
async def test_pools_come_in_pages(api: Api, body: dict[str, Any], names: list[str]) -> None:
    for name in ("a", "b", "c"):
        await api.create_pool(name)

    assert await _names(api, **body) == names


@conformance(32, 110)
@pytest.mark.parametrize(
    "path",
    [
        "work_pools/filter",
        "work_pools/pool/queues/filter",
        "work_pools/pool/workers/filter",
        "work_pools/pool/get_scheduled_flow_runs",
        "work_pools/pool/concurrency_status",
        "work_queues/filter",
        "flow_runs/filter",
        "logs/filter",
    ],
)
async def test_a_limit_has_bounds_everywhere(api: Api, path: str) -> None:
    await api.create_pool()

    too_low = await api.post(path, {"limit": -1}, expect=422)
    too_high = await api.post(path, {"limit": 201}, expect=422)

    assert too_low["detail"] == "Invalid limit: must be greater than or equal to 0."
    assert too_high["detail"] == "Invalid limit: must be less than or equal to 200."
    await api.post(path, {"limit": 200})


@conformance(32)
async def test_a_negative_offset_is_refused(api: Api) -> None:
    assert "offset" in problems(await api.post("work_pools/filter", {"offset": -1}, expect=422))


@conformance(33, 34, 37)
@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({}, ["a", "b", "c"]),
        ({"name": {"any_": ["a", "c", "absent"]}}, ["a", "c"]),
        ({"name": {"any_": ["A"]}}, []),
        ({"type": {"any_": ["docker"]}}, ["c"]),
        ({"name": {"any_": []}}, []),
        ({"id": {"any_": []}}, []),
        ({"type": {"any_": []}}, []),
        ({"name": {"any_": ["a"]}, "type": {"any_": ["docker"]}}, []),
        ({"operator": "or_", "name": {"any_": ["a"]}, "type": {"any_": ["docker"]}}, ["a", "c"]),
        ({"operator": "and_", "name": {"any_": ["c"]}, "type": {"any_": ["docker"]}}, ["c"]),
    ],
)
async def test_pools_are_chosen_by_filter(api: Api, criteria: dict[str, Any], names: list[str]) -> None:
    for name, type_ in (("a", "process"), ("b", "process"), ("c", "docker")):
        await api.create_pool(name, type_)

    assert await _names(api, work_pools=criteria) == names
    assert await api.post("work_pools/count", {"work_pools": criteria}) == len(names)


@conformance(33)
async def test_pools_are_chosen_by_id(api: Api) -> None:
    first = await api.create_pool("a")
    await api.create_pool("b")

    assert await _names(api, work_pools={"id": {"any_": [first["id"]]}}) == ["a"]


@conformance(35)
async def test_an_unknown_filter_key_is_refused(api: Api) -> None:
    answer = await api.post("work_pools/filter", {"work_pools": {"colour": {"any_": ["b"]}}}, expect=422)

    assert "colour" in problems(answer)
    await api.post("work_pools/filter", {"work_pools": {"name": {"like_": "a"}}}, expect=422)


@conformance(35, 37)
async def test_the_body_may_be_left_out(api: Api) -> None:
    await api.create_pool()

    assert await _names(api) == ["pool"]
    assert await api.post("work_pools/count") == 1
    assert await api.post("work_pools/count", {"unknown": "is ignored"}) == 1
    assert await api.post("work_pools/count", {"work_pools": {"name": {"any_": ["absent"]}}}) == 0


@conformance(36)
async def test_a_listing_tells_slots_only_of_limited_pools(api: Api) -> None:
    limited = await api.create_pool("a", concurrency_limit=3)
    await api.create_pool("b", concurrency_limit=3)
    unlimited = await api.create_pool("c")
    await api.add_run(limited["default_queue_id"], "RUNNING")
    await api.add_run(unlimited["default_queue_id"], "RUNNING")

    listed = await api.post("work_pools/filter")

    assert [pool["active_slots"] for pool in listed] == [1, 0, None]


@conformance(38, 39, 40, 41, 42, 43)
async def test_slots_are_pending_and_running_runs_by_queue_id(api: Api) -> None:
    pool = await api.create_pool(concurrency_limit=9)
    default = pool["default_queue_id"]
    other = await api.create_pool("other")
    assert (await api.read_pool())["active_slots"] == 0

    await api.add_run(default, "RUNNING")
    await api.add_run((await api.create_queue("second"))["id"], "PENDING")
    assert (await api.read_pool())["active_slots"] == 2

    for state in ("CANCELLING", "SCHEDULED", "PAUSED", "COMPLETED", "FAILED", "CANCELLED", "CRASHED"):
        await api.add_run(default, state)
    await api.add_run(None, "RUNNING", work_queue_name="default")
    await api.add_run(other["default_queue_id"], "RUNNING")
    assert (await api.read_pool())["active_slots"] == 2

    await api.patch("work_pools/pool/queues/second", {"is_paused": True})
    await api.patch("work_pools/pool", {"is_paused": True})
    assert (await api.read_pool())["active_slots"] == 2
    async with api.db.session_context() as session:
        assert await workers.count_work_pool_active_slots(session=session, work_pool_id=uuid4()) == 0


@conformance(44)
async def test_slots_of_several_pools_are_counted_together(api: Api) -> None:
    first, second, idle = [await api.create_pool(name) for name in ("a", "b", "c")]
    await api.add_runs(first["default_queue_id"], 2, "RUNNING")
    await api.add_run(second["default_queue_id"], "PENDING")
    ids = [UUID(pool["id"]) for pool in (first, second, idle)]

    async with api.db.session_context() as session:
        counts = await workers.count_work_pool_active_slots_bulk(session=session, work_pool_ids=ids)
        none = await workers.count_work_pool_active_slots_bulk(session=session, work_pool_ids=[])

    assert counts == {ids[0]: 2, ids[1]: 1}
    assert none == {}


async def _names(api: Api, **body: Any) -> list[str]:
    return [pool["name"] for pool in await api.post("work_pools/filter", body or None)]
