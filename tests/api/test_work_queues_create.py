"""Creating work queues (workers.md 3.13, 4.2)."""

from typing import Any

import pytest

from tests.api.driver import Api, problems

conformance = pytest.mark.conformance


@conformance(119)
async def test_queues_take_the_first_free_priority(api: Api) -> None:
    await api.create_pool()
    for name in ("a", "b", "c"):
        await api.create_queue(name)

    assert await api.priorities() == {"default": 1, "a": 2, "b": 3, "c": 4}


@conformance(120)
async def test_a_given_priority_pushes_the_others_down(api: Api) -> None:
    await api.create_pool()

    created = await api.create_queue("first", priority=1)

    assert created["priority"] == 1
    assert await api.priorities() == {"first": 1, "default": 2}


@conformance(121)
async def test_a_far_priority_leaves_a_gap_that_is_filled_next(api: Api) -> None:
    await api.create_pool()

    await api.create_queue("far", priority=99)
    await api.create_queue("next")

    assert await api.priorities() == {"default": 1, "next": 2, "far": 99}


@conformance(122)
async def test_the_first_gap_is_filled(api: Api) -> None:
    await api.create_pool()
    await api.create_queue("four", priority=4)
    await api.create_queue("five", priority=5)

    assert (await api.create_queue("next"))["priority"] == 2


@conformance(123)
@pytest.mark.parametrize(("limit", "active_slots"), [(3, 0), (0, 0), (None, None)])
async def test_pause_and_limit_are_stored(api: Api, limit: Any, active_slots: Any) -> None:
    await api.create_pool()

    queue = await api.create_queue("a", is_paused=True, concurrency_limit=limit, description="d")

    assert queue["is_paused"]
    assert (queue["status"], queue["description"]) == ("PAUSED", "d")
    assert (queue["concurrency_limit"], queue["active_slots"]) == (limit, active_slots)
    assert await api.read_queue("a") == queue


@conformance(123)
async def test_a_queue_has_the_defaults(api: Api) -> None:
    pool = await api.create_pool()

    queue = await api.create_queue("a")

    assert queue | {"id": 0, "created": 0, "updated": 0} == {
        "id": 0,
        "created": 0,
        "updated": 0,
        "name": "a",
        "description": "",
        "is_paused": False,
        "concurrency_limit": None,
        "priority": 2,
        "work_pool_id": pool["id"],
        "work_pool_name": "pool",
        "filter": None,
        "last_polled": None,
        "status": "NOT_READY",
        "active_slots": None,
    }


@conformance(124)
async def test_a_name_is_taken_once_a_pool(api: Api) -> None:
    await api.create_pool()
    await api.create_pool("other")
    first = await api.create_queue("a")

    answer = await api.post("work_pools/pool/queues", {"name": "a", "priority": 1}, expect=409)

    assert answer == {"detail": "Work queue 'pool/a' already exists."}
    assert await api.read_queue("a") == first
    await api.create_queue("a", pool="other")


@conformance(125)
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"name": "a/b"}, "string_pattern_mismatch"),
        ({"name": "a%b"}, "string_pattern_mismatch"),
        ({"name": ""}, "string_pattern_mismatch"),
        ({}, "name"),
        ({"name": "a", "priority": 0}, "priority"),
        ({"name": "a", "priority": -1}, "priority"),
        ({"name": "a", "concurrency_limit": -1}, "concurrency_limit"),
        ({"name": "a", "is_paused": None}, "is_paused"),
        ({"name": "a", "colour": "blue"}, "colour"),
    ],
)
async def test_a_bad_queue_is_refused(api: Api, body: dict[str, Any], named: str) -> None:
    await api.create_pool()

    assert named in problems(await api.post("work_pools/pool/queues", body, expect=422))
    assert await api.priorities() == {"default": 1}


@conformance(126)
async def test_a_queue_needs_its_pool(api: Api) -> None:
    answer = await api.post("work_pools/absent/queues", {"name": "a"}, expect=404)

    assert answer == {"detail": 'Work pool "absent" not found.'}


@conformance(127)
async def test_creating_tells_of_the_queue_and_its_pool(api: Api) -> None:
    pool = await api.create_pool()
    await api.forget_events()

    queue = await api.create_queue("a", priority=1)

    [event] = await api.events()
    assert event.event == "prefect.work-queue.created"
    assert event.resource == {
        "prefect.resource.id": f"prefect.work-queue.{queue['id']}",
        "prefect.resource.name": "a",
        "prefect.resource.role": "work-queue",
    }
    assert event.related == [
        {
            "prefect.resource.id": f"prefect.work-pool.{pool['id']}",
            "prefect.resource.name": "pool",
            "prefect.resource.role": "work-pool",
            "prefect.work-pool.type": "process",
        }
    ]


@conformance(128)
async def test_a_deployment_makes_the_queue_it_names(api: Api) -> None:
    await api.create_pool()
    flow_id = await api.add_flow()
    body = {"name": "d", "flow_id": str(flow_id), "work_pool_name": "pool", "work_queue_name": "new"}

    deployment = await api.post("deployments/", body, expect=201)

    queue = await api.read_queue("new")
    assert (deployment["work_queue_id"], deployment["work_queue_name"]) == (queue["id"], "new")
    assert (queue["status"], queue["priority"]) == ("NOT_READY", 2)
