"""Dispatch passes over runs whose deployment has no slot left, before any limit of a poll (ADR 0007)."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from penstock.core.ids import uuid7
from penstock.core.states import StateType
from penstock.schemas.actions import ConcurrencyLimitV2Create
from penstock.schemas.states import Completed, Pending, Scheduled
from penstock.server import models
from penstock.server.database.orm_models import FlowRun
from penstock.server.orchestration import claim_flow_runs
from tests.concurrency.scenes import CANCEL_NEW, in_use, lease_of, limited, run_of
from tests.support.factories import (
    ago,
    default_queue,
    history,
    make_deployment,
    make_pool,
    make_queue,
    make_run,
    poll,
    propose,
)


async def claim(session, pool, limit: int = 10) -> list[str]:
    runs = await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="worker", limit=limit)
    return [run.name for run in runs]


async def make_runs_of(session, queue, deployment, number: int, *, minutes: float = 60) -> list[FlowRun]:
    """Make runs of the deployment, one second after the other, the first one so long ago."""
    return [
        await run_of(session, deployment, queue, Scheduled(ago(minutes=minutes) + timedelta(seconds=n)))
        for n in range(number)
    ]


async def add_backlog(session, queue, deployment, count: int) -> None:
    """Write many due runs at once, the oldest of all."""
    start = ago(days=1)
    await session.execute(
        sa.insert(FlowRun),
        [
            {
                "id": uuid7(),
                "name": f"blocked-{number}",
                "flow_id": deployment.flow_id,
                "deployment_id": deployment.id,
                "work_queue_id": queue.id,
                "state_id": uuid7(),
                "state_type": StateType.SCHEDULED,
                "state_name": "Scheduled",
                "state_timestamp": start,
                "next_scheduled_start_time": start + timedelta(milliseconds=number),
            }
            for number in range(count)
        ],
    )


@pytest.fixture
async def pool(session):
    return await make_pool(session)


@pytest.fixture
async def queue(session, pool):
    return await default_queue(session, pool)


async def fill(session, queue, deployment) -> FlowRun:
    """Let a run of the deployment take a slot."""
    run = await run_of(session, deployment, queue)
    assert (await propose(session, run, Pending())).status == "ACCEPT"
    return run


@pytest.mark.parametrize("way", ["poll", "claim"])
async def test_ten_thousand_blocked_runs_do_not_starve_a_free_one(session, pool, queue, way):
    blocked = await limited(session, 1, queue)
    holder = await fill(session, queue, blocked)
    await add_backlog(session, queue, blocked, 10_000)
    free = await run_of(session, await make_deployment(session, queue), queue, Scheduled(ago(seconds=5)))
    bare = await make_run(session, queue, Scheduled(ago(seconds=4)))
    if way == "poll":
        assert await poll(session, work_pool_ids=[pool.id], limit=5) == [free.name, bare.name]
        assert await poll(session, work_pool_ids=[pool.id], limit=1) == [free.name]
    else:
        assert await claim(session, pool, limit=1) == [free.name]
        assert await claim(session, pool, limit=5) == [bare.name]
    await propose(session, holder, Completed())
    assert await poll(session, work_pool_ids=[pool.id], limit=1) == ["blocked-0"]
    assert await claim(session, pool, limit=5) == (
        ["blocked-0"] + ([free.name, bare.name] if way == "poll" else [])
    )


@pytest.mark.parametrize("slots", [0, 1, 2, 5])
async def test_no_more_runs_than_the_limit_has_slots(session, pool, queue, slots):
    deployment = await limited(session, 6, queue)
    for _ in range(6 - slots):
        await fill(session, queue, deployment)
    runs = await make_runs_of(session, queue, deployment, 10)
    other = await make_run(session, queue, Scheduled(ago(minutes=1)))
    expected = [run.name for run in runs[:slots]] + [other.name]
    assert await poll(session, work_pool_ids=[pool.id]) == expected
    assert await poll(session, work_pool_ids=[pool.id], limit=2) == expected[:2]
    assert await poll(session, work_pool_ids=[pool.id], scheduled_before=ago(minutes=30)) == expected[:-1]
    assert await claim(session, pool) == expected
    assert await in_use(session, deployment) == 6
    assert await claim(session, pool) == []


async def test_order_goes_on_across_deployments(session, pool, queue):
    """Runs of deployments with and without limits are merged by time."""
    limits = [1, 2, None, 3]
    deployments = [await make_deployment(session, queue, concurrency_limit=limit) for limit in limits]
    runs = []
    for n in range(24):
        deployment = deployments[n % 4]
        start = Scheduled(ago(minutes=60) + timedelta(seconds=n))
        runs.append((n % 4, await run_of(session, deployment, queue, start)))
    left = [1, 2, 24, 3]
    expected = []
    for kind, run in runs:
        if left[kind]:
            left[kind] -= 1
            expected.append(run.name)
    assert await poll(session, work_pool_ids=[pool.id]) == expected
    for most in (1, 3, 5):
        assert await poll(session, work_pool_ids=[pool.id], limit=most) == expected[:most]
    assert await claim(session, pool, limit=200) == expected


async def test_one_limit_over_several_deployments(session, pool, queue):
    shared = await models.concurrency_limits.create_concurrency_limit(
        session=session, concurrency_limit=ConcurrencyLimitV2Create(name="shared", limit=2)
    )
    runs = []
    for n in range(20):
        deployment = await make_deployment(session, queue, global_concurrency_limit_id=shared.id)
        runs += await make_runs_of(session, queue, deployment, 2, minutes=60 - n)
    last = await make_run(session, queue, Scheduled(ago(minutes=1)))
    expected = [runs[0].name, runs[1].name, last.name]
    assert await poll(session, work_pool_ids=[pool.id], limit=10) == expected
    assert await claim(session, pool, limit=10) == expected


async def test_queues_keep_their_priorities_and_limits(session):
    pool = await make_pool(session, concurrency_limit=4)
    first = await make_queue(session, pool, priority=1, concurrency_limit=3)
    second = await make_queue(session, pool, priority=2)
    a, b = await limited(session, 1, first), await limited(session, 1, second)
    of_a = await make_runs_of(session, first, a, 5, minutes=50)
    of_b = await make_runs_of(session, second, b, 5, minutes=90)
    free = [await make_run(session, first, Scheduled(ago(minutes=10 - n))) for n in range(5)]
    more = [await make_run(session, second, Scheduled(ago(minutes=10 - n))) for n in range(5)]
    assert await poll(session, work_pool_ids=[pool.id]) == [
        of_a[0].name, free[0].name, free[1].name, of_b[0].name,
    ]  # fmt: skip
    assert await poll(session, work_pool_ids=[pool.id], respect_queue_priorities=False) == [
        of_b[0].name, of_a[0].name, free[0].name, more[0].name,
    ]  # fmt: skip
    assert await claim(session, pool) == [of_a[0].name, free[0].name, free[1].name, of_b[0].name]


async def test_unplanned_runs_come_last(session, pool, queue):
    deployment = await limited(session, 2, queue)
    runs = await make_runs_of(session, queue, deployment, 2)
    unplanned = await run_of(session, deployment, queue)
    other = await make_run(session, queue)
    for run in (unplanned, other):
        await session.execute(
            sa.update(FlowRun).where(FlowRun.id == run.id).values(next_scheduled_start_time=None)
        )
    assert await poll(session, work_pool_ids=[pool.id]) == [runs[0].name, runs[1].name, other.name]
    assert await poll(session, work_pool_ids=[pool.id], scheduled_before=ago()) == [
        runs[0].name, runs[1].name,
    ]  # fmt: skip


async def test_a_claim_gives_the_slot_with_the_run(session, pool, queue):
    deployment = await limited(session, 2, queue)
    runs = await make_runs_of(session, queue, deployment, 3)
    assert await claim(session, pool) == [run.name for run in runs[:2]]
    for run in runs[:2]:
        await session.refresh(run)
        lease = await lease_of(session, run)
        assert run.state_details.deployment_concurrency_lease_id == lease.id
        assert lease.expires_at is not None
    await propose(session, runs[0], Completed())
    assert await in_use(session, deployment) == 1
    assert await claim(session, pool) == [runs[2].name]


async def test_runs_to_be_cancelled_are_shown_where_places_are_left(session, pool, queue):
    deployment = await limited(session, 1, queue, concurrency_options=CANCEL_NEW)
    runs = await make_runs_of(session, queue, deployment, 4)
    free = [await make_run(session, queue, Scheduled(ago(minutes=9 - n))) for n in range(2)]
    kept = [runs[0].name, free[0].name, free[1].name]
    assert await poll(session, work_pool_ids=[pool.id], limit=3) == kept
    assert await poll(session, work_pool_ids=[pool.id], limit=5) == [run.name for run in (*runs[:3], *free)]
    assert await claim(session, pool, limit=3) == kept
    assert [run.name for run in runs[1:]] == await poll(session, work_pool_ids=[pool.id])
    assert await claim(session, pool, limit=2) == []
    assert await claim(session, pool, limit=2) == []
    for run in runs[1:]:
        states = [state.name for state in await history(session, run)]
        assert states == ["Scheduled", "Cancelled"]
    assert await in_use(session, deployment) == 1


async def test_an_inactive_limit_holds_nobody_back(session, pool, queue):
    deployment = await limited(session, 1, queue)
    await models.concurrency_limits.update_concurrency_limit(
        session=session, concurrency_limit_id=deployment.concurrency_limit_id, values={"active": False}
    )
    runs = await make_runs_of(session, queue, deployment, 3)
    assert await claim(session, pool) == [run.name for run in runs]
    for run in runs:
        assert await lease_of(session, run) is None


async def test_the_older_poll_passes_over_them_too(session, pool, queue):
    deployment = await limited(session, 1, queue)
    await fill(session, queue, deployment)
    await make_runs_of(session, queue, deployment, 5)
    free = await make_run(session, queue, Scheduled(ago(minutes=1)))
    _, runs = await models.work_queues.get_runs_in_work_queue(
        session=session, work_queue_id=UUID(str(queue.id)), limit=2
    )
    assert [run.name for run in runs] == [free.name]
