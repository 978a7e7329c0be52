"""What polls, and their absence, do to queues, pools and deployments (workers.md 4.3, 6.1)."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.schemas.statuses import DeploymentStatus, WorkPoolStatus, WorkQueueStatus
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import Deployment, WorkQueue
from penstock.server.models import deployments, workers
from tests.support.factories import (
    ago,
    default_queue,
    event_names,
    ids,
    last_event,
    make_deployment,
    make_flow,
    make_pool,
    make_queue,
    make_queues,
    set_columns,
)
from tests.support.races import overlap

READY, NOT_READY, PAUSED = WorkQueueStatus.READY, WorkQueueStatus.NOT_READY, WorkQueueStatus.PAUSED


async def record(session: AsyncSession, *queues: WorkQueue, **choice) -> list:
    """Record a poll of queues; returns the ids of those that were written."""
    return await workers.record_work_queue_polls(session=session, work_queue_ids=ids(queues), **choice)


async def status_events(session: AsyncSession, kind: str) -> list[str]:
    """Return the names of the status events of this kind."""
    names = await event_names(session, f"prefect.{kind}.")
    statuses = ("ready", "not-ready", "paused")
    return [name.rpartition(".")[2] for name in names if name.rpartition(".")[2] in statuses]


async def fresh(session: AsyncSession, *rows):
    """Read rows anew."""
    for row in rows:
        await session.refresh(row)
    return rows


@pytest.mark.conformance(111, 113)
async def test_poll_of_one_queue_concerns_that_queue_alone(session):
    pool = await make_pool(session)
    a, b = await make_queues(session, pool, "a", "b")
    assert await record(session, a) == [a.id]
    await fresh(session, a, b)
    assert (a.status, b.status, b.last_polled) == (READY, NOT_READY, None)
    assert ago(seconds=60) < a.last_polled <= utc_now()
    event = await last_event(session, "prefect.work-queue.ready")
    assert event.resource["prefect.resource.name"] == "a"
    assert event.related[0]["prefect.resource.id"] == f"prefect.work-pool.{pool.id}"
    assert await status_events(session, "work-queue") == ["ready"]


@pytest.mark.conformance(112)
async def test_poll_of_a_pool_concerns_all_its_queues(session):
    pool, other = await make_pool(session), await make_pool(session)
    queues = [await default_queue(session, pool), *await make_queues(session, pool, "a", "b")]
    foreign = await default_queue(session, other)
    written = await workers.record_work_queue_polls(session=session, work_pool_ids=[pool.id])
    assert sorted(written) == sorted(ids(queues))
    assert {queue.status for queue in await fresh(session, *queues)} == {READY}
    assert (await fresh(session, foreign))[0].last_polled is None


@pytest.mark.conformance(113)
async def test_ready_queue_is_written_without_an_event(session):
    queue = await make_queue(session, await make_pool(session))
    await record(session, queue)
    await set_columns(session, queue, last_polled=ago(seconds=30))
    assert await record(session, queue) == [queue.id]
    assert (await fresh(session, queue))[0].last_polled > ago(seconds=20)
    assert await status_events(session, "work-queue") == ["ready"]


@pytest.mark.conformance(113)
async def test_queue_polled_a_moment_ago_is_left_alone(session):
    queue = await make_queue(session, await make_pool(session))
    await record(session, queue)
    assert await record(session, queue, refresh_seconds=30.0) == []
    await set_columns(session, queue, last_polled=ago(seconds=31))
    assert await record(session, queue, refresh_seconds=30.0) == [queue.id]
    # one that became NOT_READY meanwhile is written at once
    await set_columns(session, queue, status=NOT_READY)
    assert await record(session, queue, refresh_seconds=30.0) == [queue.id]


@pytest.mark.conformance(114, 115)
async def test_paused_queue_is_noted_and_stays_paused(session):
    pool = await make_pool(session)
    paused = await make_queue(session, pool)
    await set_columns(session, paused, is_paused=True, status=PAUSED)
    created_paused = await make_queue(session, pool, is_paused=True)
    odd = await make_queue(session, pool)
    await set_columns(session, odd, is_paused=True, status=NOT_READY)
    await record(session, paused, created_paused, odd)
    await fresh(session, paused, created_paused, odd)
    assert [queue.status for queue in (paused, created_paused, odd)] == [PAUSED, PAUSED, NOT_READY]
    assert all(queue.last_polled for queue in (paused, created_paused, odd))
    assert await status_events(session, "work-queue") == []


@pytest.mark.conformance(117)
async def test_poll_of_a_paused_pool_is_recorded(session):
    pool = await make_pool(session, is_paused=True)
    await workers.record_work_queue_polls(session=session, work_pool_ids=[pool.id])
    (queue,) = await fresh(session, await default_queue(session, pool))
    assert queue.status == READY
    assert (await fresh(session, pool))[0].status == WorkPoolStatus.PAUSED


async def test_nothing_polled_is_nothing_written(session):
    assert await workers.record_work_queue_polls(session=session) == []


@pytest.mark.conformance(118)
async def test_polls_of_two_queues_at_once_are_both_recorded(db: DBInterface, session):
    queues = await make_queues(session, await make_pool(session), "a", "b")
    await session.commit()
    await overlap(db, lambda one: record(one, queues[0]), lambda other: record(other, queues[1]))
    assert {queue.status for queue in await fresh(session, *queues)} == {READY}
    assert await status_events(session, "work-queue") == ["ready", "ready"]


@pytest.mark.conformance(113)
async def test_polls_of_one_queue_at_once_record_one_event(db: DBInterface, session):
    queue = await make_queue(session, await make_pool(session))
    await session.commit()
    await overlap(db, lambda one: record(one, queue), lambda other: record(other, queue))
    assert await status_events(session, "work-queue") == ["ready"]


@pytest.mark.conformance(114)
async def test_pause_wins_over_a_poll_at_the_same_time(db: DBInterface, session):
    queue = await make_queue(session, await make_pool(session))
    await session.commit()

    async def pause(own: AsyncSession) -> None:
        update = schemas.actions.WorkQueueUpdate(is_paused=True)
        await workers.update_work_queue(session=own, work_queue_id=queue.id, work_queue=update)

    await overlap(db, pause, lambda other: record(other, queue))
    await fresh(session, queue)
    assert (queue.is_paused, queue.status) == (True, PAUSED)
    assert await status_events(session, "work-queue") == []


# ── silence ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(219)
async def test_queues_nobody_polls_become_not_ready(session):
    pool = await make_pool(session)
    stale, older, polled, never, paused, idle = await make_queues(session, pool, *"abcdef")
    for queue, status, seconds in (
        (stale, READY, 65),
        (older, READY, 600),
        (polled, READY, 55),
        (paused, PAUSED, 600),
        (idle, NOT_READY, 600),
    ):
        await set_columns(session, queue, status=status, last_polled=ago(seconds=seconds))
    await set_columns(session, never, status=READY)
    marked = await workers.mark_silent_work_queues_not_ready(session=session, timeout_seconds=60)
    queues = await fresh(session, stale, older, polled, never, paused, idle)
    assert marked == 2
    assert [queue.status for queue in queues] == [NOT_READY, NOT_READY, READY, READY, PAUSED, NOT_READY]
    event = await last_event(session, "prefect.work-queue.not-ready")
    assert event.resource["prefect.resource.name"] == "a"
    assert await status_events(session, "work-queue") == ["not-ready", "not-ready"]
    assert await workers.mark_silent_work_queues_not_ready(session=session, timeout_seconds=60) == 0


@pytest.mark.conformance(217, 218)
async def test_pools_without_an_online_worker_become_not_ready(session):
    async def heard(name: str, *silent_seconds: float, **fields):
        pool = await make_pool(session, name, **fields)
        for number, seconds in enumerate(silent_seconds):
            await workers.record_worker_heartbeat(session=session, work_pool=pool, worker_name=f"w{number}")
            worker = await workers.read_worker_by_name(
                session=session, work_pool_id=pool.id, worker_name=f"w{number}"
            )
            worker.last_heartbeat_time = ago(seconds=seconds)
        await session.flush()
        return pool

    lost, half, online = await heard("lost", 91), await heard("half", 91, 10), await heard("online", 10)
    paused, agents = (
        await heard("paused", 91, is_paused=True),
        await heard("agents", 91, type="prefect-agent"),
    )
    deleted = await heard("deleted", 5)
    await workers.delete_worker(session=session, work_pool_id=deleted.id, worker_name="w0")
    waiting = await make_pool(session, "waiting")
    await workers.worker_heartbeat(session=session, work_pool_id=waiting.id, worker_name="w")
    marked = await workers.mark_silent_work_pools_not_ready(session=session)
    pools = await fresh(session, lost, half, online, paused, agents, deleted, waiting)
    assert marked == 3
    assert [pool.status.value for pool in pools] == [
        "NOT_READY", "READY", "READY", "PAUSED", "NOT_READY", "NOT_READY", "NOT_READY",
    ]  # fmt: skip
    # one each, and none for the pool of agents; a waiting pool is never made ready here
    assert await status_events(session, "work-pool") == ["not-ready", "not-ready"]
    event = await last_event(session, "prefect.work-pool.not-ready")
    assert event.id in {lost.last_status_event_id, deleted.last_status_event_id}
    assert await workers.mark_silent_work_pools_not_ready(session=session) == 0


@pytest.mark.conformance(60, 217)
async def test_silence_follows_the_readiness_before_it(session):
    pool = await make_pool(session)
    await workers.record_worker_heartbeat(
        session=session,
        work_pool=pool,
        worker_name="w",
        emit_status_change=workers.emit_work_pool_status_event,
    )
    await workers.delete_worker(session=session, work_pool_id=pool.id, worker_name="w")
    await workers.mark_silent_work_pools_not_ready(session=session)
    ready = await last_event(session, "prefect.work-pool.ready")
    silent = await last_event(session, "prefect.work-pool.not-ready")
    assert (silent.follows, silent.id) == (ready.id, pool.last_status_event_id)


# ── deployments ───────────────────────────────────────────────────────────────────────────────────


async def ready(session: AsyncSession, *queues: WorkQueue) -> int:
    """Record that the deployments of these queues were polled."""
    return await deployments.mark_deployments_ready(session=session, work_queue_ids=ids(queues))


@pytest.mark.conformance(116)
async def test_polled_deployments_become_ready_and_are_not_changed_otherwise(session):
    pool = await make_pool(session)
    queue, other = await make_queues(session, pool, "a", "b")
    flow = await make_flow(session, "f")
    block = schemas.core.Deployment(name="x", flow_id=flow.id).id
    deployment = await make_deployment(session, queue, "d", flow=flow, storage_document_id=block)
    elsewhere = await make_deployment(session, other)
    updated = deployment.updated
    assert await ready(session, queue) == 1
    await fresh(session, deployment, elsewhere)
    assert (deployment.status, elsewhere.status) == (DeploymentStatus.READY, DeploymentStatus.NOT_READY)
    assert ago(seconds=60) < deployment.last_polled <= utc_now()
    assert (deployment.updated, elsewhere.last_polled) == (updated, None)
    event = await last_event(session, "prefect.deployment.ready")
    assert event.resource == {
        "prefect.resource.id": f"prefect.deployment.{deployment.id}",
        "prefect.resource.name": "d",
    }
    roles = [one["prefect.resource.role"] for one in event.related]
    assert roles == ["flow", "work-queue", "work-pool", "storage"]
    assert event.related[0]["prefect.resource.name"] == "f"
    assert event.related[2]["prefect.work-pool.type"] == "process"


@pytest.mark.conformance(116)
async def test_deployment_that_is_ready_is_noted_without_an_event(session):
    queue = await make_queue(session, await make_pool(session))
    deployment = await make_deployment(session, queue)
    await ready(session, queue)
    await set_columns(session, deployment, last_polled=ago(hours=1))
    assert await ready(session, queue) == 0
    assert (await fresh(session, deployment))[0].last_polled > ago(minutes=1)
    assert await status_events(session, "deployment") == ["ready"]


@pytest.mark.conformance(220)
async def test_deployments_nobody_polls_become_not_ready(session):
    pool = await make_pool(session)

    async def polled(name: str, deployment_seconds: float, queue_seconds: float | None) -> Deployment:
        queue = await make_queue(session, pool, name)
        deployment = await make_deployment(session, queue, name)
        await ready(session, queue)
        await set_columns(session, deployment, last_polled=ago(seconds=deployment_seconds))
        last = None if queue_seconds is None else ago(seconds=queue_seconds)
        await set_columns(session, queue, last_polled=last)
        return deployment

    stale, by_queue = await polled("stale", 65, 65), await polled("by-queue", 65, 5)
    itself, alone = await polled("itself", 5, 65), await polled("alone", 65, None)
    updated = stale.updated
    marked = await deployments.mark_silent_deployments_not_ready(session=session, timeout_seconds=60)
    found = await fresh(session, stale, by_queue, itself, alone)
    assert marked == 2
    assert [one.status.value for one in found] == ["NOT_READY", "READY", "READY", "NOT_READY"]
    assert stale.updated == updated
    assert (await status_events(session, "deployment")).count("not-ready") == 2
