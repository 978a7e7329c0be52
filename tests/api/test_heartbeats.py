"""Heartbeats that say nothing new are written down together (workers.md 3.22, 4.2)."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.api.driver import Api, ago


@pytest.fixture
async def pool(api: Api) -> dict[str, Any]:
    return await api.create_pool()


async def last_heard(api: Api) -> Any:
    """Return what is written down, without asking the server, which would write first."""
    async with api.db.session_context() as session:
        return await session.scalar(sa.select(api.db.Worker.last_heartbeat_time))


async def silence(api: Api) -> None:
    """Let everybody have been silent for a minute."""
    async with api.db.session_context(begin_transaction=True) as session:
        await session.execute(sa.update(api.db.Worker).values(last_heartbeat_time=ago(minutes=1)))


async def record(api: Api) -> None:
    await api.app.state.heartbeat_recorder.flush()


async def test_a_heartbeat_is_recorded_soon(api: Api, pool: dict[str, Any]) -> None:
    await api.heartbeat(heartbeat_interval_seconds=10)
    await silence(api)
    before = await last_heard(api)
    await api.heartbeat(heartbeat_interval_seconds=10)
    await record(api)
    assert await last_heard(api) > before


async def test_who_lists_the_workers_sees_the_last_heartbeat(api: Api, pool: dict[str, Any]) -> None:
    await api.heartbeat()
    await silence(api)
    await api.heartbeat()
    (row,) = await api.post("work_pools/pool/workers/filter")
    assert row["status"] == "ONLINE"


async def test_a_new_interval_is_written_at_once(api: Api, pool: dict[str, Any]) -> None:
    await api.heartbeat(heartbeat_interval_seconds=10)
    await api.heartbeat(heartbeat_interval_seconds=20)
    (row,) = await api.post("work_pools/pool/workers/filter")
    assert row["heartbeat_interval_seconds"] == 20


async def test_a_worker_that_was_deleted_does_not_come_back_by_an_earlier_heartbeat(
    api: Api, pool: dict[str, Any]
) -> None:
    await api.heartbeat()
    await api.heartbeat()
    await api.delete("work_pools/pool/workers/worker")
    await record(api)
    assert await last_heard(api) is None
    await api.heartbeat()
    assert await last_heard(api) is not None


async def test_a_worker_that_another_server_deleted_registers_again(api: Api, pool: dict[str, Any]) -> None:
    await api.heartbeat()
    async with api.db.session_context(begin_transaction=True) as session:
        await session.execute(sa.delete(api.db.Worker))
    await api.heartbeat()
    await record(api)
    await api.heartbeat()
    assert await last_heard(api) is not None


async def test_a_pool_that_is_gone_is_told_after_a_moment(api: Api, pool: dict[str, Any]) -> None:
    await api.heartbeat()
    await api.delete("work_pools/pool")
    await api.post("work_pools/pool/workers/heartbeat", {"name": "worker"}, expect=204)
    await record(api)
    await api.post("work_pools/pool/workers/heartbeat", {"name": "worker"}, expect=404)


async def test_a_noted_heartbeat_makes_a_silent_pool_ready(api: Api, pool: dict[str, Any]) -> None:
    await api.heartbeat()
    async with api.db.session_context(begin_transaction=True) as session:
        await session.execute(sa.update(api.db.WorkPool).values(status="NOT_READY"))
    await api.heartbeat()
    await record(api)
    assert (await api.read_pool())["status"] == "READY"


async def test_what_could_not_be_recorded_is_tried_again(
    api: Api, pool: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.heartbeat()
    await silence(api)
    before = await last_heard(api)
    await api.heartbeat()
    with monkeypatch.context() as broken:
        broken.setattr(api.app.state.heartbeat_recorder, "_db", None)
        with pytest.raises(AttributeError):
            await record(api)
    await record(api)
    assert await last_heard(api) > before
