"""How limits of queues and pools bound what a poll gives (workers.md 3.12, cases 85-93)."""

import pytest

from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import AwaitingRetry, Cancelling, Paused, Pending, Running, State
from tests.support.factories import (
    due,
    make_pool,
    make_queue,
    make_queues,
    make_run,
    make_runs,
    poll,
    set_columns,
)


async def fill(session, queue, *states: State) -> None:
    """Put runs in these states into the queue."""
    for state in states:
        await make_run(session, queue, state)


@pytest.mark.conformance(85, 88, 89)
@pytest.mark.parametrize(("limit", "given"), [(None, 5), (10, 5), (5, 3), (3, 1), (2, 0), (1, 0), (0, 0)])
async def test_queue_limit_less_the_slots_in_use(session, limit: int | None, given: int):
    pool = await make_pool(session)
    queue = await make_queue(session, pool, concurrency_limit=limit)
    await fill(session, queue, Running(), Pending())
    runs = await make_runs(session, queue, 5)
    assert await poll(session, work_pool_ids=[pool.id]) == [run.name for run in runs[:given]]


async def make_busy_pool(session, limit: int | None) -> tuple:
    """Make a pool of three queues with five waiting runs and two slots in use each."""
    pool = await make_pool(session, concurrency_limit=limit)
    queues = await make_queues(session, pool, "a", "b", "c")
    for queue in queues:
        await fill(session, queue, Running(), Pending())
        await make_runs(session, queue, 5)
    return pool, queues


@pytest.mark.conformance(86, 91)
@pytest.mark.parametrize(("limit", "given"), [(20, 5), (10, 4), (7, 1), (2, 0), (0, 0)])
async def test_pool_limit_when_one_queue_is_asked(session, limit: int, given: int):
    pool, queues = await make_busy_pool(session, limit)
    for asked in queues:
        assert len(await poll(session, work_pool_ids=[pool.id], work_queue_ids=[asked.id])) == given
        assert len(await poll(session, work_queue_ids=[asked.id])) == given


@pytest.mark.conformance(87, 88, 89)
@pytest.mark.parametrize(("limit", "given"), [(None, 15), (25, 15), (16, 10), (7, 1), (2, 0), (0, 0)])
async def test_pool_limit_when_the_whole_pool_is_asked(session, limit: int | None, given: int):
    pool, _ = await make_busy_pool(session, limit)
    found = await poll(session, work_pool_ids=[pool.id])
    assert len(found) == len(set(found)) == given


@pytest.mark.conformance(90)
async def test_queue_limit_inside_a_pool_limit(session):
    pool = await make_pool(session, concurrency_limit=4)
    q1 = await make_queue(session, pool, "q1", concurrency_limit=2)
    q2 = await make_queue(session, pool, "q2")
    for n in range(4):
        await make_run(session, q1, due(minutes=10 - n), f"q1.{n}")
        await make_run(session, q2, due(minutes=90 - n), f"q2.{n}")
    of_q2 = ["q2.0", "q2.1", "q2.2", "q2.3"]
    assert await poll(session, work_pool_ids=[pool.id]) == ["q1.0", "q1.1", "q2.0", "q2.1"]
    assert await poll(session, work_pool_ids=[pool.id], respect_queue_priorities=False) == of_q2
    assert await poll(session, work_pool_ids=[pool.id], limit=3) == ["q1.0", "q1.1", "q2.0"]
    assert await poll(session, work_pool_ids=[pool.id], work_queue_ids=[q2.id]) == of_q2


@pytest.mark.conformance(90)
async def test_a_full_queue_does_not_starve_the_queues_behind_it(session):
    pool = await make_pool(session)
    full = await make_queue(session, pool, "full", priority=1, concurrency_limit=1)
    behind = await make_queue(session, pool, "behind")
    await fill(session, full, Running())
    await make_runs(session, full, 8)
    runs = await make_runs(session, behind, 3)
    assert await poll(session, work_pool_ids=[pool.id], limit=3) == [run.name for run in runs]


@pytest.mark.conformance(90)
async def test_many_priorities_are_walked_until_the_limit_is_reached(session):
    pool = await make_pool(session, concurrency_limit=23)
    expected = []
    for place in range(40):
        queue = await make_queue(session, pool, f"q{place}", concurrency_limit=place % 3)
        runs = await make_runs(session, queue, 2)
        expected += [run.name for run in runs[: place % 3]]
    assert await poll(session, work_pool_ids=[pool.id]) == expected[:23]
    assert await poll(session, work_pool_ids=[pool.id], limit=19) == expected[:19]


@pytest.mark.conformance(91)
async def test_slots_of_other_pools_do_not_count(session):
    pool = await make_pool(session, concurrency_limit=1)
    queue = await make_queue(session, pool)
    elsewhere = await make_queue(session, await make_pool(session), concurrency_limit=1)
    await fill(session, elsewhere, Running(), Running())
    (run,) = await make_runs(session, queue, 1)
    assert await poll(session) == [run.name]


@pytest.mark.conformance(92)
async def test_runs_of_a_paused_queue_still_hold_slots_of_the_pool(session):
    pool = await make_pool(session, concurrency_limit=5)
    paused, open_ = await make_queues(session, pool, "paused", "open")
    await fill(session, paused, Running(), Running(), Running())
    await make_runs(session, open_, 6)
    await set_columns(session, paused, is_paused=True)
    assert len(await poll(session, work_pool_ids=[pool.id])) == 2


@pytest.mark.conformance(93)
@pytest.mark.parametrize("state", [Cancelling(), Paused()], ids=["Cancelling", "Paused"])
async def test_run_that_is_cancelling_or_paused_holds_no_slot(session, state: State):
    pool = await make_pool(session, concurrency_limit=1)
    queue = await make_queue(session, pool, concurrency_limit=1)
    await fill(session, queue, state)
    (run,) = await make_runs(session, queue, 1)
    assert await poll(session, work_pool_ids=[pool.id]) == [run.name]


@pytest.mark.conformance(93, 95)
@pytest.mark.parametrize("limited", ["pool", "queue"])
async def test_run_that_waits_in_its_process_for_a_retry_still_occupies_its_slot(session, limited: str):
    limits = {"pool": None, "queue": None} | {limited: 1}
    pool = await make_pool(session, concurrency_limit=limits["pool"])
    queue = await make_queue(session, pool, concurrency_limit=limits["queue"])
    policy = FlowRunPolicy(retries=1, retry_type="in_process")
    await make_run(session, queue, AwaitingRetry(), empirical_policy=policy)
    await make_runs(session, queue, 2)
    assert await poll(session, work_pool_ids=[pool.id]) == []


@pytest.mark.conformance(72)
async def test_at_most_a_thousand_runs_are_given(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    first = await make_run(session, queue, due(minutes=5))
    columns = {
        name: getattr(first, name) for name in ("flow_id", "work_queue_id", "state_type", "state_name")
    }
    rows = [columns | {"name": f"r{n}", "next_scheduled_start_time": first.created} for n in range(1005)]
    await session.execute(type(first).__table__.insert(), rows)
    assert len(await poll(session, work_pool_ids=[pool.id])) == 1000
    assert len(await poll(session, work_pool_ids=[pool.id], limit=5000)) == 1000
