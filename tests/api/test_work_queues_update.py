"""Changing and deleting work queues, by both generations of routes (workers.md 3.19, 3.20, 4.2, 4.4)."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from penstock.core.clock import utc_now
from penstock.schemas.actions import WorkQueueUpdate
from penstock.server.models import workers
from tests.api.driver import Api, ago, iso, problems

conformance = pytest.mark.conformance


@pytest.fixture(params=["by name", "by id"])
async def queue_path(request: pytest.FixtureRequest, api: Api) -> str:
    """The path of queue ``a`` of the pool ``pool`` on one generation of routes; no events recorded yet."""
    await api.create_pool()
    queue = await api.create_queue("a", description="d", concurrency_limit=3)
    await api.forget_events()
    return "work_pools/pool/queues/a" if request.param == "by name" else f"work_queues/{queue['id']}"


@conformance(157)
async def test_a_pause_is_told_once(api: Api, queue_path: str) -> None:
    await api.patch(queue_path, {"is_paused": True})
    await api.patch(queue_path, {"is_paused": True})

    queue = await api.read_queue("a")
    assert (queue["is_paused"], queue["status"]) == (True, "PAUSED")
    [event] = await api.events()
    assert event.event == "prefect.work-queue.paused"
    assert event.related[0]["prefect.resource.name"] == "pool"


@conformance(158, 159)
@pytest.mark.parametrize(
    ("last_polled", "status"),
    [(None, "not-ready"), (ago(minutes=2), "not-ready"), (ago(seconds=-5), "ready")],
    ids=["never", "two minutes ago", "now"],
)
async def test_a_resumed_queue_is_ready_when_polled_lately(
    api: Api, queue_path: str, last_polled: Any, status: str
) -> None:
    queue = await api.read_queue("a")
    if status == "ready":
        last_polled = utc_now()
    await api.change(api.db.WorkQueue, queue["id"], last_polled=last_polled)
    await api.patch(queue_path, {"is_paused": True})
    await api.forget_events()

    await api.patch(queue_path, {"is_paused": False})

    assert (await api.read_queue("a"))["status"] == status.upper().replace("-", "_")
    assert await api.event_names() == [f"work-queue.{status}"]


@conformance(160)
async def test_resuming_what_is_not_paused_changes_nothing(api: Api, queue_path: str) -> None:
    before = await api.read_queue("a")

    await api.patch(queue_path, {"is_paused": False})

    assert await api.read_queue("a") | {"updated": 0} == before | {"updated": 0}
    assert await api.event_names() == []


@conformance(161)
@pytest.mark.parametrize(("minutes", "status"), [(0, "READY"), (5, "NOT_READY")])
async def test_a_poll_given_with_the_resumption_decides(
    api: Api, queue_path: str, minutes: int, status: str
) -> None:
    queue = await api.read_queue("a")
    await api.patch(queue_path, {"is_paused": True})
    await api.change(api.db.WorkQueue, queue["id"], last_polled=ago(minutes=5 - minutes))

    await api.patch(queue_path, {"is_paused": False, "last_polled": iso(ago(minutes=minutes))})

    assert (await api.read_queue("a"))["status"] == status


@conformance(162)
async def test_a_poll_alone_is_stored_without_a_status(api: Api, queue_path: str) -> None:
    moment = ago(minutes=3)

    await api.patch(queue_path, {"last_polled": iso(moment)})

    queue = await api.read_queue("a")
    assert queue["last_polled"] == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert queue["status"] == "NOT_READY"
    assert await api.event_names() == []


@conformance(163)
@pytest.mark.parametrize(
    ("body", "updates"),
    [
        ({"concurrency_limit": 4}, {"concurrency_limit": {"from": 3, "to": 4}}),
        ({"description": "e"}, {"description": {"from": "d", "to": "e"}}),
        ({"name": "b"}, {"name": {"from": "a", "to": "b"}}),
        ({"priority": 7}, {"priority": {"from": 2, "to": 7}}),
        (
            {"priority": 7, "name": "b"},
            {"name": {"from": "a", "to": "b"}, "priority": {"from": 2, "to": 7}},
        ),
    ],
)
async def test_a_real_change_is_told(
    api: Api, queue_path: str, body: dict[str, Any], updates: dict[str, Any]
) -> None:
    await api.patch(queue_path, body)

    [event] = await api.events()
    assert event.event == "prefect.work-queue.updated"
    assert event.payload == {"updated_fields": list(updates), "updates": updates}
    assert event.resource["prefect.resource.name"] == body.get("name", "a")


@conformance(163)
@pytest.mark.parametrize(
    "body", [{}, {"name": "a", "description": "d", "concurrency_limit": 3, "priority": 2}]
)
async def test_what_changes_nothing_is_not_told(api: Api, queue_path: str, body: dict[str, Any]) -> None:
    await api.patch(queue_path, body)

    assert await api.event_names() == []


@conformance(164)
async def test_the_default_queue_can_be_renamed_and_stays_the_default(api: Api) -> None:
    pool = await api.create_pool()

    await api.patch("work_pools/pool/queues/default", {"name": "main"})

    assert (await api.read_queue("main"))["id"] == (await api.read_pool())["default_queue_id"]
    assert (await api.read_pool())["default_queue_id"] == pool["default_queue_id"]
    await api.delete("work_pools/pool/queues/main", expect=409)


@conformance(165)
async def test_a_taken_name_is_refused(api: Api, queue_path: str) -> None:
    await api.create_queue("b")

    answer = await api.patch(queue_path, {"name": "b"}, expect=409)

    assert "already exists" in answer["detail"]
    await api.read_queue("a")


@conformance(165, 166, 168)
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"name": "a/b"}, "string_pattern_mismatch"),
        ({"name": ""}, "string_pattern_mismatch"),
        ({"concurrency_limit": -5}, "concurrency_limit"),
        ({"priority": 0}, "priority"),
        ({"priority": 2**40}, "priority"),
        ({"is_paused": None}, "is_paused"),
        ({"name": None}, "name"),
        ({"priority": None}, "priority"),
        ({"description": None}, "description"),
        ({"work_pool_id": str(uuid4())}, "work_pool_id"),
    ],
)
async def test_a_bad_change_is_refused(api: Api, queue_path: str, body: dict[str, Any], named: str) -> None:
    before = await api.read_queue("a")

    assert named in problems(await api.patch(queue_path, body, expect=422))
    assert await api.read_queue("a") == before


@conformance(166)
async def test_zero_is_a_limit_and_null_is_none(api: Api, queue_path: str) -> None:
    await api.patch(queue_path, {"concurrency_limit": 0})
    closed = await api.read_queue("a")
    await api.patch(queue_path, {"concurrency_limit": None})
    opened = await api.read_queue("a")

    assert (closed["concurrency_limit"], closed["active_slots"]) == (0, 0)
    assert (opened["concurrency_limit"], opened["active_slots"]) == (None, None)


@conformance(167)
async def test_what_is_unknown_is_not_found(api: Api) -> None:
    await api.create_pool()
    unknown = uuid4()

    assert await api.patch("work_pools/pool/queues/absent", {}, expect=404) == {
        "detail": "Work pool queue 'pool/absent' not found."
    }
    assert await api.patch("work_pools/absent/queues/a", {}, expect=404) == {
        "detail": 'Work pool "absent" not found.'
    }
    assert await api.patch(f"work_queues/{unknown}", {}, expect=404) == {
        "detail": f"Work Queue {unknown} not found"
    }
    async with api.db.session_context(begin_transaction=True) as session:
        assert not await workers.update_work_queue(
            session=session, work_queue_id=unknown, work_queue=WorkQueueUpdate(is_paused=True)
        )


@conformance(169)
async def test_a_deleted_queue_is_gone_and_told(api: Api, queue_path: str) -> None:
    await api.delete(queue_path)

    await api.delete(queue_path, expect=404)
    assert await api.priorities() == {"default": 1}
    [event] = await api.events()
    assert (event.event, event.resource["prefect.resource.name"]) == ("prefect.work-queue.deleted", "a")
    async with api.db.session_context(begin_transaction=True) as session:
        assert not await workers.delete_work_queue(session=session, work_queue_id=uuid4())


@conformance(170)
async def test_the_others_keep_their_priorities(api: Api, queue_path: str) -> None:
    await api.create_queue("b")

    await api.delete(queue_path)

    assert await api.priorities() == {"default": 1, "b": 3}


@conformance(171)
@pytest.mark.parametrize("way", ["by name", "by id"])
async def test_the_default_queue_cannot_be_deleted(api: Api, way: str) -> None:
    pool = await api.create_pool()
    await api.forget_events()
    by_id = f"work_queues/{pool['default_queue_id']}"

    answer = await api.delete("work_pools/pool/queues/default" if way == "by name" else by_id, expect=409)

    assert "default queue" in answer["detail"]
    assert await api.priorities() == {"default": 1}
    assert await api.event_names() == []


@conformance(172)
async def test_not_even_by_sql(api: Api) -> None:
    await api.create_pool()

    with pytest.raises(IntegrityError):
        async with api.db.session_context(begin_transaction=True) as session:
            await session.execute(sa.delete(api.db.WorkQueue))


async def test_what_has_not_ended_goes_to_the_default_queue(api: Api, queue_path: str) -> None:
    queue, default = await api.read_queue("a"), await api.read_queue("default")
    waiting = await api.add_run(queue["id"], work_queue_name="a", name="waiting")
    ended = await api.add_run(queue["id"], "COMPLETED", work_queue_name="a")
    deployment_id = await api.add_deployment(queue)

    await api.delete(queue_path)

    assert await api.poll() == ["waiting"]
    run, deployment = await api.get(f"flow_runs/{waiting}"), await api.get(f"deployments/{deployment_id}")
    for moved in (run, deployment):
        assert (moved["work_queue_id"], moved["work_queue_name"]) == (default["id"], "default")
    run = await api.get(f"flow_runs/{ended}")
    assert (run["work_queue_id"], run["work_queue_name"], run["state_type"]) == (None, "a", "COMPLETED")
    [event] = await api.events()
    assert event.payload == {
        "moved_runs": 1,
        "moved_deployments": 1,
        "moved_to": "default",
        "moved_to_id": default["id"],
    }


async def test_a_queue_in_use_goes_only_by_force_when_asked_to_be_careful(api: Api, queue_path: str) -> None:
    queue = await api.read_queue("a")
    run_id = await api.add_run(queue["id"], work_queue_name="a")
    await api.claim(worker="w1")

    refusal = await api.delete(f"{queue_path}?force=false", expect=409)

    assert "1 run is held of queue 'a' (w1: 1)" in refusal["detail"]
    await api.delete(f"{queue_path}?force=true")
    assert (await api.get(f"flow_runs/{run_id}"))["work_queue_name"] == "default"
