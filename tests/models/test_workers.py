"""Workers: heartbeats, liveness by the clock, lists (workers.md 3.21-3.23, 9.4)."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.schemas.filters import (
    Operator,
    WorkerFilter,
    WorkerFilterLastHeartbeatTime,
    WorkerFilterStatus,
)
from penstock.schemas.statuses import WorkerStatus, WorkPoolStatus
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import Worker, WorkPool
from penstock.server.models import workers
from tests.support.factories import ago, event_names, last_event, make_pool
from tests.support.races import overlap

ONLINE, OFFLINE = WorkerStatus.ONLINE, WorkerStatus.OFFLINE


async def hear(session: AsyncSession, pool: WorkPool, name: str = "w", **fields: Any) -> Worker | None:
    """Record a heartbeat as the API does."""
    return await workers.record_worker_heartbeat(
        session=session,
        work_pool=pool,
        worker_name=name,
        emit_status_change=workers.emit_work_pool_status_event,
        **fields,
    )


async def silence(session: AsyncSession, name: str, seconds: float) -> None:
    """Move the last heartbeat of a worker into the past."""
    moment = ago(seconds=seconds)
    await session.execute(sa.update(Worker).where(Worker.name == name).values(last_heartbeat_time=moment))


async def statuses(session: AsyncSession, pool: WorkPool, **choice: Any) -> dict[str, WorkerStatus]:
    """Read the workers of a pool, by name, in the order of the list."""
    found = await workers.read_workers(session=session, work_pool_id=pool.id, **choice)
    return {worker.name: worker.status for worker in found}


@pytest.mark.conformance(184)
async def test_worker_is_one_row_however_often_it_is_heard(session):
    pool = await make_pool(session)
    times = []
    for _ in range(3):
        assert await workers.worker_heartbeat(session=session, work_pool_id=pool.id, worker_name="w") is True
        (worker,) = await workers.read_workers(session=session, work_pool_id=pool.id)
        assert (worker.name, worker.status, worker.work_pool_id) == ("w", ONLINE, pool.id)
        times.append(worker.last_heartbeat_time)
        await session.commit()
    assert times == sorted(set(times))
    assert ago(seconds=60) < times[0] < times[-1] <= utc_now()


@pytest.mark.conformance(185, 194)
async def test_list_has_the_last_heard_first(session):
    pool, other = await make_pool(session), await make_pool(session)
    for name in ("a", "b", "c"):
        await hear(session, pool, name)
        await session.commit()
    await hear(session, other, "elsewhere")
    assert list(await statuses(session, pool)) == ["c", "b", "a"]
    assert list(await statuses(session, pool, limit=1)) == ["c"]
    assert list(await statuses(session, pool, limit=1, offset=1)) == ["b"]
    assert list(await statuses(session, pool, offset=1)) == ["b", "a"]
    assert await workers.read_workers(session=session, work_pool_id=uuid4()) == []


@pytest.mark.conformance(186)
async def test_interval_is_kept_when_it_is_left_out(session):
    pool = await make_pool(session)
    for given, kept in [(None, None), (7, 7), (None, 7), (9, 9)]:
        await hear(session, pool, heartbeat_interval_seconds=given)
        (worker,) = await workers.read_workers(session=session, work_pool_id=pool.id)
        assert worker.heartbeat_interval_seconds == kept


@pytest.mark.conformance(188)
async def test_first_heartbeat_makes_the_pool_ready(session):
    pool = await make_pool(session)
    await hear(session, pool)
    assert pool.status == WorkPoolStatus.READY
    event = await last_event(session, "prefect.work-pool.ready")
    assert (event.id, event.occurred) == (pool.last_status_event_id, pool.last_transitioned_status_at)
    await hear(session, pool)
    assert (await event_names(session)).count("work-pool.ready") == 1


@pytest.mark.conformance(48, 188)
@pytest.mark.parametrize("type_", ["process", "prefect-agent"])
async def test_paused_pool_stays_as_it_is(session, type_: str):
    pool = await make_pool(session, is_paused=True, type=type_)
    before = pool.status
    await hear(session, pool)
    await session.refresh(pool)
    assert pool.status == before != WorkPoolStatus.READY
    assert "work-pool.ready" not in await event_names(session)


@pytest.mark.conformance(188)
async def test_agent_pool_becomes_ready_silently(session):
    pool = await make_pool(session, type="prefect-agent")
    await hear(session, pool)
    assert pool.status == WorkPoolStatus.READY
    assert "work-pool.ready" not in await event_names(session)


@pytest.mark.conformance(189)
async def test_worker_is_returned_when_asked_for(session):
    pool = await make_pool(session)
    assert await hear(session, pool) is None
    worker = await hear(session, pool, return_worker=True)
    assert (worker.name, worker.status) == ("w", ONLINE)


@pytest.mark.conformance(195)
async def test_read_by_name_is_exact_and_of_one_pool(session):
    pool, other = await make_pool(session), await make_pool(session)
    await hear(session, pool)

    async def read(pool: WorkPool, name: str) -> Worker | None:
        return await workers.read_worker_by_name(session=session, work_pool_id=pool.id, worker_name=name)

    assert (await read(pool, "w")).work_pool_id == pool.id
    assert await read(pool, "W") is await read(other, "w") is None


@pytest.mark.conformance(196)
async def test_deleted_worker_leaves_the_others_and_the_pool(session):
    pool = await make_pool(session)
    for name in ("a", "b"):
        await hear(session, pool, name)
    before = await event_names(session)

    async def delete() -> bool:
        return await workers.delete_worker(session=session, work_pool_id=pool.id, worker_name="a")

    assert [await delete(), await delete()] == [True, False]
    assert list(await statuses(session, pool)) == ["b"]
    assert pool.status == WorkPoolStatus.READY
    assert await event_names(session) == before


# ── liveness ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(193, 216)
@pytest.mark.parametrize(
    ("interval", "silent_seconds", "status"),
    [
        (None, 0, ONLINE), (None, 85, ONLINE), (None, 91, OFFLINE),
        (30, 85, ONLINE), (30, 91, OFFLINE),
        (2, 1, ONLINE), (2, 7, OFFLINE),
        (600, 1700, ONLINE), (600, 1801, OFFLINE),
    ],
)  # fmt: skip
async def test_worker_is_offline_after_three_intervals(
    session, interval: int | None, silent_seconds: float, status: WorkerStatus
):
    pool = await make_pool(session)
    await hear(session, pool, heartbeat_interval_seconds=interval)
    await silence(session, "w", silent_seconds)
    assert await statuses(session, pool) == {"w": status}
    worker = await workers.read_worker_by_name(session=session, work_pool_id=pool.id, worker_name="w")
    assert worker.status == status
    for asked in (ONLINE, OFFLINE):
        expected = {"w": status} if status is asked else {}
        chosen = WorkerFilter(status=WorkerFilterStatus(any_=[asked]))
        assert await statuses(session, pool, worker_filter=chosen) == expected


@pytest.mark.conformance(193)
async def test_worker_that_is_heard_again_is_online_again(session):
    pool = await make_pool(session)
    await hear(session, pool)
    await silence(session, "w", 3600)
    assert await statuses(session, pool) == {"w": OFFLINE}
    await hear(session, pool)
    assert await statuses(session, pool) == {"w": ONLINE}


@pytest.mark.conformance(192)
async def test_filters(session):
    pool = await make_pool(session)
    for name, seconds in (("now", 0), ("lately", 60), ("gone", 3600)):
        await hear(session, pool, name)
        await silence(session, name, seconds)
    found = await workers.read_workers(session=session, work_pool_id=pool.id)
    heard = {worker.name: worker.last_heartbeat_time for worker in found}

    def time(**bounds) -> WorkerFilterLastHeartbeatTime:
        return WorkerFilterLastHeartbeatTime(**bounds)

    def status(**lists: list[WorkerStatus]) -> WorkerFilterStatus:
        return WorkerFilterStatus(**lists)

    for chosen, expected in [
        (WorkerFilter(status=status(any_=[OFFLINE])), ["gone"]),
        (WorkerFilter(status=status(any_=[ONLINE, OFFLINE])), ["now", "lately", "gone"]),
        (WorkerFilter(status=status(any_=[])), []),
        (WorkerFilter(status=status(not_any_=[ONLINE])), ["gone"]),
        (WorkerFilter(status=status(not_any_=[])), ["now", "lately", "gone"]),
        (WorkerFilter(last_heartbeat_time=time(before_=heard["lately"])), ["lately", "gone"]),
        (WorkerFilter(last_heartbeat_time=time(after_=heard["lately"])), ["now", "lately"]),
        (WorkerFilter(last_heartbeat_time=time(after_=heard["lately"], before_=heard["lately"])), ["lately"]),
        (
            WorkerFilter(last_heartbeat_time=time(after_=heard["now"]), status=status(any_=[OFFLINE])),
            [],
        ),
        (
            WorkerFilter(
                operator=Operator.or_,
                last_heartbeat_time=time(after_=heard["now"]),
                status=status(any_=[OFFLINE]),
            ),
            ["now", "gone"],
        ),
    ]:
        assert list(await statuses(session, pool, worker_filter=chosen)) == expected, chosen


# ── races ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(191)
@pytest.mark.parametrize("first", ["pause", "heartbeat"])
async def test_pause_wins_over_a_heartbeat_at_the_same_time(db: DBInterface, session, first: str):
    pool = await make_pool(session)
    await session.commit()

    async def pause(own: AsyncSession) -> None:
        await workers.update_work_pool(
            session=own,
            work_pool_id=pool.id,
            work_pool=schemas.actions.WorkPoolUpdate(is_paused=True),
            emit_status_change=workers.emit_work_pool_status_event,
        )

    async def heartbeat(own: AsyncSession) -> None:
        # with the row as it was read before the pause
        await hear(own, pool)

    await overlap(db, *((pause, heartbeat) if first == "pause" else (heartbeat, pause)))
    await session.refresh(pool)
    assert (pool.is_paused, pool.status) == (True, WorkPoolStatus.PAUSED)
    names = [name for name in await event_names(session) if name in ("work-pool.ready", "work-pool.paused")]
    assert names[-1] == "work-pool.paused"
    assert list(await statuses(session, pool)) == ["w"]


@pytest.mark.conformance(184)
async def test_two_first_heartbeats_at_once_make_one_worker_and_one_event(db: DBInterface, session):
    pool = await make_pool(session)
    await session.commit()

    async def heartbeat(own: AsyncSession) -> None:
        await hear(own, await workers.read_work_pool(session=own, work_pool_id=pool.id))

    await overlap(db, heartbeat, heartbeat)
    assert list(await statuses(session, pool)) == ["w"]
    assert (await event_names(session)).count("work-pool.ready") == 1
