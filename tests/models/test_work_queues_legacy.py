"""Queues by id and name alone, as the older routes know them (workers.md 3.31, 4.4)."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.errors import ObjectNotFoundError
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.filters import WorkQueueFilter, WorkQueueFilterName
from penstock.schemas.states import AwaitingRetry, Cancelling, Late, Pending, Running
from penstock.server.database.orm_models import WorkQueue
from penstock.server.models import work_queues, workers
from tests.support.factories import (
    ago,
    default_queue,
    due,
    make_deployment,
    make_pool,
    make_queue,
    make_queues,
    make_run,
    make_runs,
    set_columns,
)

AGENT_POOL = work_queues.queues.DEFAULT_AGENT_POOL_NAME


async def create(session: AsyncSession, name: str, **fields) -> WorkQueue:
    """Create a queue without saying in which pool."""
    queue = schemas.actions.WorkQueueCreate(name=name, **fields)
    return await work_queues.create_work_queue(session=session, work_queue=queue)


async def runs_of(session: AsyncSession, queue: WorkQueue, **choice) -> list[str]:
    """Return the names of the runs that the queue gives."""
    found, runs = await work_queues.get_runs_in_work_queue(session=session, work_queue_id=queue.id, **choice)
    assert found.id == queue.id
    return [run.name for run in runs]


# ── finding and creating ──────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(175)
async def test_queue_without_a_pool_goes_to_the_agent_pool(session):
    queue = await create(session, "q", concurrency_limit=3)
    pool = await workers.read_work_pool(session=session, work_pool_id=queue.work_pool_id)
    assert (pool.name, pool.type) == (AGENT_POOL, "prefect-agent")
    assert (queue.name, queue.priority, queue.concurrency_limit) == ("q", 2, 3)
    again = await create(session, "another", priority=1)
    assert again.work_pool_id == pool.id
    assert await workers.count_work_pools(session=session) == 1


@pytest.mark.conformance(175)
async def test_first_default_is_the_default_queue_and_the_second_is_taken(session):
    queue = await create(session, "default")
    pool = await workers.read_work_pool(session=session, work_pool_id=queue.work_pool_id)
    assert pool.default_queue_id == queue.id
    with pytest.raises(IntegrityError):
        await create(session, "default")


@pytest.mark.conformance(176)
@pytest.mark.parametrize("name", ["a b", "a:b", "a\\b", "a|b", "🚰", "ä'\"; --"])
async def test_name_with_odd_characters_is_found(session, name: str):
    queue = await create(session, name)
    assert await work_queues.read_work_queue_by_name(session=session, name=name) is queue
    assert await work_queues.read_work_queue_by_name(session=session, name=f"{name}?") is None


@pytest.mark.conformance(176)
async def test_name_is_looked_up_in_the_agent_pool_if_there_is_one(session):
    elsewhere = await make_queue(session, await make_pool(session), "q")

    async def find() -> WorkQueue | None:
        return await work_queues.read_work_queue_by_name(session=session, name="q")

    assert await find() is elsewhere
    await create(session, "default")
    assert await find() is None
    queue = await create(session, "q")
    assert await find() is queue


@pytest.mark.conformance(155)
async def test_read_by_id(session):
    queue = await make_queue(session, await make_pool(session))
    assert await work_queues.read_work_queue(session=session, work_queue_id=queue.id) is queue
    assert await work_queues.read_work_queue(session=session, work_queue_id=uuid4()) is None


@pytest.mark.conformance(177)
async def test_list_is_of_all_pools_by_name(session):
    for names in (("d", "b"), ("c", "a", "Ab")):
        await make_queues(session, await make_pool(session), *names)

    async def names(**choice) -> list[str]:
        found = await work_queues.read_work_queues(session=session, **choice)
        return [queue.name for queue in found]

    everything = ["Ab", "a", "b", "c", "d", "default", "default"]
    assert sorted(await names()) == everything
    assert (await names())[-4:] == ["c", "d", "default", "default"]
    assert await names(offset=3, limit=2) == ["c", "d"]
    begins = WorkQueueFilter(name=WorkQueueFilterName(startswith_=["a"]))
    assert sorted(await names(work_queue_filter=begins)) == ["Ab", "a"]


@pytest.mark.conformance(128, 175)
async def test_missing_queue_is_created_first_in_line(session):
    queue = await work_queues.ensure_work_queue_exists(session=session, name="q")
    assert queue.priority == 1
    pool = await workers.read_work_pool(session=session, work_pool_id=queue.work_pool_id)
    default = await default_queue(session, pool)
    assert (pool.name, default.priority) == (AGENT_POOL, 2)
    assert await work_queues.ensure_work_queue_exists(session=session, name="q") is queue
    assert await work_queues.ensure_work_queue_exists(session=session, name="default") is default


@pytest.mark.conformance(175)
async def test_default_that_was_renamed_is_still_the_one(session):
    default = await create(session, "default")
    await set_columns(session, default, name="main")
    assert await work_queues.ensure_work_queue_exists(session=session, name="default") is default


# ── runs ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(178)
async def test_each_queue_gives_its_own_runs_by_time(session):
    a, b = await make_queues(session, await make_pool(session), "a", "b")
    of_a, of_b = await make_runs(session, a, 3), await make_runs(session, b, 3)
    assert await runs_of(session, a) == [run.name for run in of_a]
    assert await runs_of(session, b, limit=2) == [run.name for run in of_b[:2]]
    assert await runs_of(session, b, limit=0) == []


@pytest.mark.conformance(179)
@pytest.mark.parametrize(("limit", "given"), [(10, 3), (5, 2), (4, 1), (3, 0), (1, 0), (0, 0)])
async def test_limit_less_the_slots_in_use_cancelling_among_them(session, limit: int, given: int):
    queue = await make_queue(session, await make_pool(session), concurrency_limit=limit)
    for state in (Running(), Pending(), Cancelling()):
        await make_run(session, queue, state)
    await make_runs(session, queue, 3)
    assert len(await runs_of(session, queue)) == given
    assert len(await runs_of(session, queue, limit=1)) == min(1, given)


@pytest.mark.conformance(180)
async def test_window_includes_its_end_and_pauses_hold(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    moment = ago(minutes=1)
    await make_run(session, queue, schemas.states.Scheduled(moment), "run")
    assert await runs_of(session, queue, scheduled_before=moment) == ["run"]
    assert await runs_of(session, queue, scheduled_before=ago(minutes=2)) == []
    for paused in (queue, pool):
        await set_columns(session, paused, is_paused=True)
        assert await runs_of(session, queue) == []
        await set_columns(session, paused, is_paused=False)
    with pytest.raises(ObjectNotFoundError):
        await work_queues.get_runs_in_work_queue(session=session, work_queue_id=uuid4())


@pytest.mark.conformance(180)
async def test_limit_of_the_pool_holds_too(session):
    pool = await make_pool(session, concurrency_limit=2)
    a, b = await make_queues(session, pool, "a", "b")
    await make_run(session, b, Running())
    (first, *_) = await make_runs(session, a, 3)
    assert await runs_of(session, a) == [first.name]


@pytest.mark.conformance(178)
async def test_runs_that_only_name_the_queue_come_after_its_own(session):
    queue = await make_queue(session, await make_pool(session), "q")
    await make_run(session, None, due(hours=2), "named", work_queue_name="q")
    await make_run(session, None, due(hours=2), "elsewhere", work_queue_name="r")
    await make_run(session, queue, due(hours=1), "own")
    policy = FlowRunPolicy(retry_type="in_process")
    await make_run(session, queue, AwaitingRetry(ago(hours=3)), "retries", empirical_policy=policy)
    assert await runs_of(session, queue) == ["own", "named"]
    assert await runs_of(session, queue, limit=1) == ["own"]


@pytest.mark.conformance(182)
async def test_tag_queue_gives_runs_by_tags_and_deployments(session):
    queue = await make_queue(session, await make_pool(session), "tagged", concurrency_limit=3)
    deployment, other = await make_deployment(session), await make_deployment(session)
    chosen = schemas.core.QueueFilter(tags=["a", "b"], deployment_ids=[deployment.id])
    await set_columns(session, queue, filter=chosen)

    async def run(name: str, tags: list[str], deployment_id=deployment.id, state=None) -> None:
        await make_run(session, None, state or due(minutes=5), name, tags=tags, deployment_id=deployment_id)

    await run("match", ["b", "x", "a"])
    await run("one tag", ["a"])
    await run("no deployment", ["a", "b"], None)
    await run("other deployment", ["a", "b"], other.id)
    assert await runs_of(session, queue) == ["match"]
    assert await work_queues.count_work_queue_active_slots(session=session, work_queue_id=queue.id) == 0
    for state in (Running(), Pending(), Cancelling()):
        await run(state.name, ["a", "b"], state=state)
    counted = await work_queues.count_work_queue_active_slots_bulk(session=session, work_queue_ids=[queue.id])
    assert counted == {queue.id: 2}
    await run("second match", ["a", "b"])
    assert await runs_of(session, queue) == ["match"]


# ── health ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(183)
@pytest.mark.parametrize(
    ("polled_seconds_ago", "late", "healthy"),
    [(None, 0, False), (0, 0, True), (50, 0, True), (65, 0, False), (86400, 0, False), (0, 1, False)],
)
async def test_health(session, polled_seconds_ago: int | None, late: int, healthy: bool):
    pool = await make_pool(session)
    queue = await make_queue(session, pool, "q")
    same_name = await make_queue(session, await make_pool(session), "q")
    await make_run(session, same_name, Late())
    await make_run(session, queue, due(minutes=10))
    for _ in range(late):
        await make_run(session, queue, Late())
    if polled_seconds_ago is not None:
        await set_columns(session, queue, last_polled=ago(seconds=polled_seconds_ago))
    detail = await work_queues.read_work_queue_status(session=session, work_queue_id=queue.id)
    assert (detail.healthy, detail.late_runs_count) == (healthy, late)
    assert detail.last_polled == queue.last_polled
    policy = detail.health_check_policy
    assert (policy.maximum_late_runs, policy.maximum_seconds_since_last_polled) == (0, 60)


@pytest.mark.conformance(183)
async def test_health_of_an_unknown_queue_is_not_found(session):
    with pytest.raises(ObjectNotFoundError):
        await work_queues.read_work_queue_status(session=session, work_queue_id=uuid4())


@pytest.mark.conformance(159)
@pytest.mark.parametrize(
    ("seconds_ago", "recent"), [(None, False), (0, True), (59, True), (61, False), (-10, True)]
)
def test_poll_is_recent_for_a_minute(seconds_ago: int | None, recent: bool):
    moment = None if seconds_ago is None else ago(seconds=seconds_ago)
    assert work_queues.is_last_polled_recent(moment) is recent
