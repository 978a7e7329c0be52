"""Heartbeats and snapshots of a connected worker (workers.md 7.2)."""

from typing import Any

import pytest

from penstock.server.models import workers
from tests.api.driver import TEMPLATE, Api
from tests.support.servers import running_server
from tests.support.sockets import send
from tests.worker_channel.workers import close_of, connected, frame

conformance = pytest.mark.conformance

SNAPSHOT = "work_pool.snapshot.v1"


async def test_a_heartbeat_is_recorded_without_an_answer(api: Api, address: str) -> None:
    await api.create_pool()

    async with connected(address) as worker:
        [before] = await api.post("work_pools/pool/workers/filter", {})
        await worker.heartbeat(heartbeat_interval_seconds=7)
        assert await worker.hears_nothing()
        [after] = await api.post("work_pools/pool/workers/filter", {})

    assert after["heartbeat_interval_seconds"] == 7
    assert after["last_heartbeat_time"] > before["last_heartbeat_time"]


@conformance(230)
@pytest.mark.parametrize(
    "change",
    [
        {"base_job_template": TEMPLATE},
        {"is_paused": True},
        {"concurrency_limit": 2},
        {"storage_configuration": {"bundle_upload_step": {"a": 1}}},
    ],
)
async def test_what_workers_need_to_know_is_told_at_once(
    api: Api, address: str, change: dict[str, Any]
) -> None:
    await api.create_pool()

    async with connected(address) as worker:
        await api.patch("work_pools/pool", change)
        snapshot = await worker.receive(SNAPSHOT)

    assert snapshot["snapshot_sequence"] == 2
    assert snapshot["reason"] == "work_pool_updated"
    assert snapshot["work_pool"] == await api.read_pool()


@conformance(230)
async def test_changes_in_quick_succession_make_one_snapshot(api: Api, address: str) -> None:
    await api.create_pool()

    async with connected(address) as worker:
        for limit in (1, 2, 3):
            await api.patch("work_pools/pool", {"concurrency_limit": limit})
        snapshots = [await worker.receive(SNAPSHOT)]
        while snapshots[-1]["work_pool"]["concurrency_limit"] != 3:
            snapshots.append(await worker.receive(SNAPSHOT))
        assert await worker.hears_nothing()

    assert len(snapshots) < 3
    assert [one["snapshot_sequence"] for one in snapshots] == list(range(2, 2 + len(snapshots)))


@conformance(230, 231)
async def test_other_changes_wait_for_a_heartbeat(api: Api, address: str) -> None:
    await api.create_pool()

    async with connected(address) as worker:
        await api.patch("work_pools/pool", {"description": "new"})
        await api.create_queue("high", priority=1)
        assert await worker.hears_nothing()

        await worker.heartbeat()
        snapshot = await worker.receive(SNAPSHOT)
        await worker.heartbeat()
        assert await worker.hears_nothing()

    assert snapshot["reason"] == "heartbeat_reconciliation"
    assert snapshot["work_pool"]["description"] == "new"


async def test_a_change_that_changes_nothing_is_not_told(api: Api, address: str) -> None:
    await api.create_pool(concurrency_limit=2)

    async with connected(address) as worker:
        await api.patch("work_pools/pool", {"concurrency_limit": 2})
        assert await worker.hears_nothing()


async def test_workers_of_other_pools_hear_nothing(api: Api, address: str) -> None:
    await api.create_pool()
    await api.create_pool("other")

    async with connected(address, "other") as worker:
        await api.patch("work_pools/pool", {"is_paused": True})
        assert await worker.hears_nothing()


@conformance(232)
@pytest.mark.parametrize(
    "changes",
    [
        {"consumer_id": "01a20cd0-2100-7fcb-a750-2b5676b17ab4"},
        {"worker_name": "other"},
        {"heartbeat_interval_seconds": 0},
        {"colour": "red"},
    ],
)
async def test_a_heartbeat_of_somebody_else_ends_the_channel(
    api: Api, address: str, changes: dict[str, Any]
) -> None:
    await api.create_pool()

    async with connected(address) as worker:
        await worker.heartbeat(**changes)
        assert await close_of(worker.connection) == (1002, "protocol_error")


@pytest.mark.parametrize("odd", ["no json", frame("worker.dance.v1", {}), frame("worker.hello.v1", {})])
async def test_an_unknown_frame_ends_the_channel(api: Api, address: str, odd: Any) -> None:
    await api.create_pool()

    async with connected(address) as worker:
        await send(worker.connection, odd)
        assert await close_of(worker.connection) == (1002, "protocol_error")


@conformance(232)
async def test_a_deleted_pool_ends_the_channel(api: Api, address: str) -> None:
    await api.create_pool()

    async with connected(address) as worker:
        await api.delete("work_pools/pool")
        assert await close_of(worker.connection) == (1008, "authorization_failed")


@conformance(232)
async def test_a_heartbeat_that_cannot_be_written_ends_the_channel(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.create_pool()

    async def fail(**given: Any) -> None:
        raise RuntimeError("the disk is full")

    async with connected(address) as worker:
        monkeypatch.setattr(workers, "record_worker_heartbeat", fail)
        await worker.heartbeat()
        assert await close_of(worker.connection) == (1011, "heartbeat_persistence_failed")


async def test_what_another_server_changed_is_noticed(database_url: str, api: Api) -> None:
    await api.create_pool()

    async with running_server(database_url) as [server]:
        address = server.replace("http://", "ws://") + "/api"
        async with connected(address) as worker:
            await api.patch("work_pools/pool", {"is_paused": True})
            if api.db.dialect.single_writer:
                await worker.heartbeat()
            snapshot = await worker.receive(SNAPSHOT)

    assert snapshot["work_pool"]["is_paused"] is True
