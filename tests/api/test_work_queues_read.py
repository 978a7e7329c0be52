"""Reading work queues (workers.md 3.15-3.18, 4.2)."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from penstock.schemas.filters import WorkQueueFilter, WorkQueueFilterName
from penstock.server.models import workers
from tests.api.driver import Api, problems

conformance = pytest.mark.conformance


@conformance(150, 151)
async def test_queues_come_by_priority(api: Api) -> None:
    await api.create_pool()
    for name in ("c", "a", "b"):
        await api.create_queue(name)
    assert await names(api) == ["default", "c", "a", "b"]

    await api.patch("work_pools/pool/queues/a", {"priority": 100})
    assert await names(api) == ["default", "c", "b", "a"]


@conformance(152)
@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"name": {"any_": ["ab", "absent"]}}, ["ab"]),
        ({"name": {"any_": []}}, []),
        ({"name": {"startswith_": ["A"]}}, ["ab", "AC"]),
        ({"name": {"startswith_": ["b", "de"]}}, ["default", "b_d"]),
        ({"name": {"any_": ["ab", "b_d"], "startswith_": ["a"]}}, ["ab"]),
        ({"name": {"startswith_": ["b%"]}}, []),
        ({"name": {"startswith_": ["b_"]}}, ["b_d"]),
        ({"name": {"startswith_": ["_"]}}, []),
        ({"name": {"startswith_": []}}, ["default", "ab", "AC", "b_d"]),
        ({"id": {"any_": []}}, []),
        ({"operator": "or_", "id": {"any_": []}, "name": {"any_": ["ab"]}}, ["ab"]),
    ],
)
async def test_queues_are_chosen_by_filter(api: Api, criteria: dict[str, Any], found: list[str]) -> None:
    await api.create_pool()
    for name in ("ab", "AC", "b_d"):
        await api.create_queue(name)

    assert await names(api, work_queues=criteria) == found


@conformance(152)
async def test_queues_are_chosen_by_id(api: Api) -> None:
    await api.create_pool()
    queue = await api.create_queue("a")

    assert await names(api, work_queues={"id": {"any_": [queue["id"], str(uuid4())]}}) == ["a"]
    assert "colour" in problems(
        await api.post("work_pools/pool/queues/filter", {"work_queues": {"colour": 1}}, expect=422)
    )


@conformance(153)
async def test_queues_come_in_pages(api: Api) -> None:
    await api.create_pool()
    for name in ("a", "b"):
        await api.create_queue(name)

    assert await names(api, limit=2) == ["default", "a"]
    assert await names(api, limit=1, offset=1) == ["a"]
    assert await names(api, limit=0) == []
    answer = await api.post("work_pools/absent/queues/filter", expect=404)
    assert answer == {"detail": 'Work pool "absent" not found.'}


@conformance(154)
async def test_queues_are_counted(api: Api) -> None:
    pool = await api.create_pool()
    for name in ("a", "b"):
        await api.create_queue(name)
    named = WorkQueueFilter(name=WorkQueueFilterName(any_=["a"]))

    async with api.db.session_context() as session:
        counts = [
            await workers.count_work_queues(session=session, work_pool_id=pool_id, work_queue_filter=chosen)
            for pool_id, chosen in ((UUID(pool["id"]), None), (UUID(pool["id"]), named), (uuid4(), None))
        ]

    assert counts == [3, 1, 0]


@conformance(155)
async def test_a_queue_is_read_by_id(api: Api) -> None:
    await api.create_pool()
    queue = await api.create_queue("a", concurrency_limit=2)

    assert await api.get(f"work_queues/{queue['id']}") == queue
    assert await api.get(f"work_queues/{uuid4()}", expect=404) == {"detail": "work queue not found"}
    assert await api.get("work_queues/no-id", expect=404) == {"detail": "Not Found"}
    async with api.db.session_context() as session:
        assert await workers.read_work_queue(session=session, work_queue_id=uuid4()) is None


@conformance(156)
async def test_a_queue_is_read_by_the_names_of_its_pool_and_its_own(api: Api) -> None:
    await api.create_pool()
    await api.create_pool("other")
    here, there = await api.create_queue("a"), await api.create_queue("a", pool="other")

    assert await api.read_queue("a") == here
    assert await api.read_queue("a", pool="other") == there
    answer = await api.get("work_pools/pool/queues/A", expect=404)
    assert answer == {"detail": "Work pool queue 'pool/A' not found."}
    answer = await api.get("work_pools/absent/queues/a", expect=404)
    assert answer == {"detail": 'Work pool "absent" not found.'}


@conformance(155, 165)
async def test_a_stored_name_is_never_judged_again(api: Api) -> None:
    pool = await api.create_pool()
    await api.change(api.db.WorkQueue, pool["default_queue_id"], name="a/b")

    assert await names(api) == ["a/b"]
    assert [queue["name"] for queue in await api.post("work_queues/filter")] == ["a/b"]


async def names(api: Api, **body: Any) -> list[str]:
    return [queue["name"] for queue in await api.post("work_pools/pool/queues/filter", body or None)]
