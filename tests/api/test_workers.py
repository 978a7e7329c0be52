"""Workers: heartbeats, listing, forgetting (workers.md 3.21-3.23, 4.2)."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from penstock.core.clock import utc_now
from penstock.server.models import workers
from tests.api.driver import Api, ago, iso, problems

conformance = pytest.mark.conformance


async def listed(api: Api, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await api.post("work_pools/pool/workers/filter", body or None)
    return found


async def set_heard(api: Api, name: str, moment: datetime, interval: int | None = None) -> None:
    """Let a worker have sent its last heartbeat at a moment."""
    [worker] = [one for one in await listed(api) if one["name"] == name]
    await api.change(
        api.db.Worker, worker["id"], last_heartbeat_time=moment, heartbeat_interval_seconds=interval
    )


@conformance(184)
async def test_the_first_heartbeat_registers_and_later_ones_refresh(api: Api) -> None:
    pool = await api.create_pool()

    await api.heartbeat("w", heartbeat_interval_seconds=30)
    [first] = await listed(api)
    await api.heartbeat("w")
    await api.heartbeat("w")
    [last] = await listed(api)

    assert (first["name"], first["status"], first["work_pool_id"]) == ("w", "ONLINE", pool["id"])
    assert set(first) == {
        "id",
        "created",
        "updated",
        "name",
        "work_pool_id",
        "last_heartbeat_time",
        "heartbeat_interval_seconds",
        "status",
        "draining_since",
        "held_runs",
    }
    assert last["id"] == first["id"]
    assert last["last_heartbeat_time"] > first["last_heartbeat_time"]


@conformance(185, 194)
async def test_the_last_heard_comes_first(api: Api) -> None:
    await api.create_pool()
    for name in ("a", "b", "c"):
        await api.heartbeat(name)

    assert [worker["name"] for worker in await listed(api)] == ["c", "b", "a"]
    assert [worker["name"] for worker in await listed(api, limit=1)] == ["c"]
    assert [worker["name"] for worker in await listed(api, limit=1, offset=1)] == ["b"]


@conformance(186)
async def test_a_promised_interval_stands_until_another_is_given(api: Api) -> None:
    await api.create_pool()
    seen = []

    for fields in ({"heartbeat_interval_seconds": 7}, {}, {"heartbeat_interval_seconds": 9}):
        await api.heartbeat("w", **fields)
        seen.append((await listed(api))[0]["heartbeat_interval_seconds"])

    assert seen == [7, 7, 9]


@conformance(187)
@pytest.mark.parametrize(
    ("pool", "body", "status"),
    [
        ("pool", {}, 422),
        ("pool", {"name": None}, 422),
        ("pool", {"name": "w", "heartbeat_interval_seconds": 0}, 422),
        ("pool", {"name": "w", "heartbeat_interval_seconds": -4}, 422),
        ("pool", {"name": "w", "heartbeat_interval_seconds": "often"}, 422),
        ("absent", {"name": "w"}, 404),
    ],
)
async def test_a_bad_heartbeat_is_refused(api: Api, pool: str, body: dict[str, Any], status: int) -> None:
    await api.create_pool()

    await api.post(f"work_pools/{pool}/workers/heartbeat", body, expect=status)

    assert await listed(api) == []


@conformance(188)
@pytest.mark.parametrize(
    ("paused", "status", "events"), [(False, "READY", ["work-pool.ready"]), (True, "PAUSED", [])]
)
async def test_a_heartbeat_makes_a_pool_ready_once_unless_paused(
    api: Api, paused: bool, status: str, events: list[str]
) -> None:
    await api.create_pool(is_paused=paused)
    await api.forget_events()

    await api.heartbeat("a")
    await api.heartbeat("b")

    assert (await api.read_pool())["status"] == status
    assert await api.event_names() == events


@conformance(189, 195)
async def test_the_model_gives_the_worker_when_asked(api: Api) -> None:
    pool_id = UUID((await api.create_pool())["id"])

    async with api.db.session_context(begin_transaction=True) as session:
        pool = await workers.read_work_pool(session=session, work_pool_id=pool_id)
        assert pool is not None
        nothing = await workers.record_worker_heartbeat(session=session, work_pool=pool, worker_name="w")
        worker = await workers.record_worker_heartbeat(
            session=session, work_pool=pool, worker_name="w", return_worker=True
        )
        found = await workers.read_worker_by_name(session=session, work_pool_id=pool_id, worker_name="w")
        elsewhere = await workers.read_worker_by_name(session=session, work_pool_id=uuid4(), worker_name="w")

    assert nothing is None
    assert worker is not None
    assert found is not None
    assert worker.id == found.id
    assert elsewhere is None


@conformance(190)
async def test_a_heartbeat_does_not_change_a_ready_pool(api: Api) -> None:
    await api.create_pool()
    await api.heartbeat()
    before = await api.read_pool()
    await api.forget_events()

    await api.heartbeat()

    assert await api.read_pool() == before
    assert await api.event_names() == []


@conformance(191)
async def test_a_pause_racing_a_heartbeat_wins(api: Api) -> None:
    for number in range(5):
        name = f"pool-{number}"
        await api.create_pool(name)

        await asyncio.gather(
            api.heartbeat(pool=name),
            api.patch(f"work_pools/{name}", {"is_paused": True}),
            api.heartbeat("other", pool=name),
        )

        assert (await api.read_pool(name))["status"] == "PAUSED"


@conformance(191)
async def test_a_heartbeat_that_knew_the_pool_before_its_pause_leaves_it_paused(api: Api) -> None:
    pool_id = UUID((await api.create_pool())["id"])
    async with api.db.session_context() as session:
        known = await workers.read_work_pool(session=session, work_pool_id=pool_id)
    assert known is not None
    await api.patch("work_pools/pool", {"is_paused": True})

    async with api.db.session_context(begin_transaction=True) as session:
        await workers.record_worker_heartbeat(session=session, work_pool=known, worker_name="w")

    assert (await api.read_pool())["status"] == "PAUSED"


@conformance(192)
async def test_workers_are_chosen_by_filter(api: Api) -> None:
    await api.create_pool()
    for name in ("old", "middle", "new"):
        await api.heartbeat(name)
    moments = {"old": ago(hours=2), "middle": ago(hours=1), "new": utc_now()}
    for name, moment in moments.items():
        await set_heard(api, name, moment)

    async def names(**criteria: Any) -> list[str]:
        return [worker["name"] for worker in await listed(api, workers=criteria)]

    tick = timedelta(microseconds=1)
    assert await names(status={"any_": ["ONLINE"]}) == ["new"]
    assert await names(status={"any_": ["OFFLINE"]}) == ["middle", "old"]
    assert await names(status={"any_": []}) == []
    assert await names(status={"not_any_": ["ONLINE"]}) == ["middle", "old"]
    assert await names(status={"not_any_": []}) == ["new", "middle", "old"]
    assert await names(last_heartbeat_time={"before_": iso(moments["middle"])}) == ["middle", "old"]
    assert await names(last_heartbeat_time={"before_": iso(moments["middle"] - tick)}) == ["old"]
    assert await names(last_heartbeat_time={"after_": iso(moments["middle"])}) == ["new", "middle"]
    assert await names(last_heartbeat_time={"after_": iso(moments["middle"] + tick)}) == ["new"]
    either = {"status": {"any_": ["ONLINE"]}, "last_heartbeat_time": {"before_": iso(moments["old"])}}
    assert await names(**either) == []
    assert await names(operator="or_", **either) == ["new", "old"]
    answer = await api.post("work_pools/pool/workers/filter", {"workers": {"name": {}}}, expect=422)
    assert "name" in problems(answer)


@conformance(193, 216)
@pytest.mark.parametrize(
    ("silent_seconds", "interval", "status"),
    [
        (80, None, "ONLINE"),
        (91, None, "OFFLINE"),
        (20, 5, "OFFLINE"),
        (10, 5, "ONLINE"),
        (200, 100, "ONLINE"),
    ],
)
async def test_a_worker_is_online_for_three_intervals(
    api: Api, silent_seconds: int, interval: int | None, status: str
) -> None:
    await api.create_pool()
    await api.heartbeat("w")
    await set_heard(api, "w", ago(seconds=silent_seconds), interval)

    assert [worker["status"] for worker in await listed(api)] == [status]
    assert len(await listed(api, workers={"status": {"any_": [status]}})) == 1
    assert await listed(api, workers={"status": {"not_any_": [status]}}) == []


@conformance(194)
async def test_workers_of_an_unknown_pool_are_not_found(api: Api) -> None:
    answer = await api.post("work_pools/absent/workers/filter", expect=404)

    assert answer == {"detail": 'Work pool "absent" not found.'}


@conformance(196)
async def test_a_forgotten_worker_is_gone_and_the_pool_stays_as_it_is(api: Api) -> None:
    await api.create_pool()
    await api.heartbeat("a")
    await api.heartbeat("b")

    await api.delete("work_pools/pool/workers/a")

    assert [worker["name"] for worker in await listed(api)] == ["b"]
    assert await api.delete("work_pools/pool/workers/a", expect=404) == {"detail": "Worker not found."}
    await api.delete("work_pools/pool/workers/b")
    assert (await api.read_pool())["status"] == "READY"
    answer = await api.delete("work_pools/absent/workers/b", expect=404)
    assert answer == {"detail": 'Work pool "absent" not found.'}
