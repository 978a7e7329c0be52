"""What a poll says about its queues and deployments (workers.md 4.3)."""

import asyncio
from typing import Any

import pytest

from penstock.schemas.statuses import WorkQueueStatus
from tests.api.driver import Api, ago

conformance = pytest.mark.conformance


async def polled(api: Api) -> dict[str, bool]:
    """Return of each queue of the pool whether it was ever polled."""
    await api.record_polls()
    queues = await api.post("work_pools/pool/queues/filter")
    return {queue["name"]: queue["last_polled"] is not None for queue in queues}


@conformance(111, 112)
@pytest.mark.parametrize(
    ("asked", "seen"),
    [(["a"], {"a"}), (["a", "b"], {"a", "b"}), ([], {"a", "b", "default"})],
)
async def test_only_the_polled_queues_count_as_polled(api: Api, asked: list[str], seen: set[str]) -> None:
    await api.create_pool()
    for name in ("a", "b"):
        await api.create_queue(name)

    await api.poll("pool", *asked)

    assert {name for name, was_polled in (await polled(api)).items() if was_polled} == seen


@conformance(113)
async def test_a_poll_makes_a_queue_ready_and_tells_it_once(api: Api) -> None:
    await api.create_pool()
    await api.forget_events()

    await api.poll()
    await api.record_polls()
    await api.poll()
    await api.record_polls()

    assert (await api.read_queue())["status"] == "READY"
    [event] = await api.events()
    assert event.event == "prefect.work-queue.ready"
    assert event.related[0]["prefect.resource.name"] == "pool"


@conformance(113)
async def test_a_poll_is_recorded_within_a_moment(api: Api) -> None:
    await api.create_pool()

    await api.poll()

    async with asyncio.timeout(5):
        while (await api.read_queue())["status"] != "READY":
            await asyncio.sleep(0.02)


@conformance(114, 115)
@pytest.mark.parametrize("when", ["paused later", "created paused"])
async def test_a_paused_queue_is_polled_but_stays_paused(api: Api, when: str) -> None:
    await api.create_pool()
    await api.create_queue("a", is_paused=when == "created paused")
    if when == "paused later":
        await api.patch("work_pools/pool/queues/a", {"is_paused": True})
    await api.forget_events()

    await api.poll()

    assert (await polled(api))["a"]
    assert (await api.read_queue("a"))["status"] == "PAUSED"
    assert [one.resource["prefect.resource.name"] for one in await api.events()] == ["default"]


@conformance(115)
async def test_a_paused_queue_of_an_older_status_does_not_become_ready(api: Api) -> None:
    pool = await api.create_pool()
    queue_id = pool["default_queue_id"]
    await api.change(api.db.WorkQueue, queue_id, is_paused=True, status=WorkQueueStatus.NOT_READY)

    await api.poll()
    await api.record_polls()

    assert (await api.read_queue())["status"] == "NOT_READY"


@conformance(116)
async def test_a_poll_makes_the_queues_deployments_ready_without_changing_them(api: Api) -> None:
    await api.create_pool()
    queue = await api.read_queue()
    deployment_id = await api.add_deployment(queue)
    elsewhere = await api.add_deployment(await api.create_queue("other"), "elsewhere")
    before = await api.get(f"deployments/{deployment_id}")

    for _ in range(2):
        await api.poll("pool", "default")
        await api.record_polls()

    after = await api.get(f"deployments/{deployment_id}")
    assert (before["status"], after["status"]) == ("NOT_READY", "READY")
    assert after["last_polled"] is not None
    assert after["updated"] == before["updated"]
    assert (await api.get(f"deployments/{elsewhere}"))["status"] == "NOT_READY"
    assert await api.event_names("deployment") == ["deployment.ready"]


@conformance(117)
@pytest.mark.parametrize("pool", [{"is_paused": True}, {"concurrency_limit": 0}, {}])
async def test_a_poll_of_a_pool_with_nothing_to_give_counts_too(api: Api, pool: dict[str, Any]) -> None:
    await api.create_pool(**pool)

    assert await api.poll() == []

    assert await polled(api) == {"default": True}


@conformance(118)
async def test_polls_of_different_queues_at_once_all_count(api: Api) -> None:
    await api.create_pool()
    for name in ("a", "b", "c"):
        await api.create_queue(name)

    await asyncio.gather(*(api.poll("pool", name) for name in ("a", "b", "c")))
    await api.record_polls()

    statuses = {name: (await api.read_queue(name))["status"] for name in ("a", "b", "c", "default")}
    assert statuses == {"a": "READY", "b": "READY", "c": "READY", "default": "NOT_READY"}


async def test_a_poll_is_no_heartbeat(api: Api) -> None:
    await api.create_pool()

    await api.poll()
    await api.record_polls()

    assert (await api.read_pool())["status"] == "NOT_READY"
    assert await api.post("work_pools/pool/workers/filter") == []


async def test_a_queue_polled_a_moment_ago_is_not_written_again(api: Api) -> None:
    pool = await api.create_pool()
    await api.poll()
    await api.record_polls()
    first = (await api.read_queue())["last_polled"]
    await api.poll()
    await api.record_polls()
    assert (await api.read_queue())["last_polled"] == first

    await api.change(api.db.WorkQueue, pool["default_queue_id"], last_polled=ago(seconds=30))
    await api.poll()
    await api.record_polls()
    assert (await api.read_queue())["last_polled"] > first
