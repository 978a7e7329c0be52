"""How many slots are in use, everywhere they are counted (workers.md 1.5, 3.6-3.9, 3.24, 3.26)."""

from uuid import uuid4

import pytest

from penstock.schemas.states import (
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
)
from penstock.server.models import work_queues, workers
from tests.support.factories import make_pool, make_queue, make_queues, make_run, set_columns

ELSEWHERE = [Scheduled, Paused, Completed, Failed, Cancelled, Crashed]


async def of_pool(session, pool) -> int:
    """Count the slots of a pool in each of the ways there are; all have to agree."""
    count = await workers.count_work_pool_active_slots(session=session, work_pool_id=pool.id)
    bulk = await workers.count_work_pool_active_slots_bulk(session=session, work_pool_ids=[pool.id])
    by_queue = await workers.count_work_pool_slot_holders_by_queue(session=session, work_pool_id=pool.id)
    assert bulk == ({pool.id: count} if count else {})
    assert sum(by_queue.values()) == count
    assert all(by_queue.values())
    assert await workers.count_work_pool_slot_holders(session=session, work_pool_id=pool.id) == count
    return count


async def of_queue(session, queue) -> int:
    """Count the slots of a queue in each of the ways there are; all have to agree."""
    count = await workers.count_work_queue_active_slots(session=session, work_queue_id=queue.id)
    bulk = await workers.count_work_queue_active_slots_bulk(session=session, work_queue_ids=[queue.id])
    assert bulk == ({queue.id: count} if count else {})
    return count


@pytest.mark.conformance(38, 39, 44, 174)
async def test_pending_and_running_count(session):
    pool = await make_pool(session)
    a, b, idle = await make_queues(session, pool, "a", "b", "idle")
    assert await of_pool(session, pool) == 0
    await make_run(session, a, Running())
    await make_run(session, b, Pending())
    assert await of_pool(session, pool) == 2
    assert [await of_queue(session, queue) for queue in (a, b, idle)] == [1, 1, 0]


@pytest.mark.conformance(40)
@pytest.mark.parametrize("state", [*ELSEWHERE, Cancelling])
async def test_other_states_do_not_count(session, state):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    await make_run(session, queue, state())
    assert await of_pool(session, pool) == await of_queue(session, queue) == 0


@pytest.mark.conformance(41)
async def test_pauses_do_not_matter(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    await make_run(session, queue, Running())
    await set_columns(session, queue, is_paused=True)
    await set_columns(session, pool, is_paused=True)
    assert await of_pool(session, pool) == await of_queue(session, queue) == 1


@pytest.mark.conformance(42, 43)
async def test_queue_is_matched_by_id_alone(session):
    pool, other = await make_pool(session), await make_pool(session)
    queue, same_name = await make_queue(session, pool, "q"), await make_queue(session, other, "q")
    await make_run(session, None, Running(), work_queue_name="q")
    assert await of_pool(session, pool) == await of_pool(session, other) == 0
    await make_run(session, same_name, Running())
    assert await of_pool(session, pool) == await of_queue(session, queue) == 0
    assert await of_pool(session, other) == await of_queue(session, same_name) == 1


@pytest.mark.conformance(44, 174)
async def test_bulk_leaves_out_the_idle_and_the_unknown(session):
    busy, idle, less = [await make_pool(session) for _ in range(3)]
    queues = [await make_queue(session, pool) for pool in (busy, idle, less)]
    for queue, number in zip(queues, (2, 0, 1), strict=True):
        for _ in range(number):
            await make_run(session, queue, Running())
    pools = [busy.id, idle.id, less.id, uuid4()]
    counted = await workers.count_work_pool_active_slots_bulk(session=session, work_pool_ids=pools)
    assert counted == {busy.id: 2, less.id: 1}
    for count in (workers, work_queues):
        counted = await count.count_work_queue_active_slots_bulk(
            session=session, work_queue_ids=[*[queue.id for queue in queues], uuid4()]
        )
        assert counted == {queues[0].id: 2, queues[2].id: 1}


@pytest.mark.conformance(38, 44, 174)
async def test_unknown_is_zero_and_nothing_asked_is_nothing(session):
    for module in (workers, work_queues):
        assert await module.count_work_queue_active_slots(session=session, work_queue_id=uuid4()) == 0
        assert await module.count_work_queue_active_slots_bulk(session=session, work_queue_ids=[]) == {}
    assert await workers.count_work_pool_active_slots(session=session, work_pool_id=uuid4()) == 0
    assert await workers.count_work_pool_active_slots_bulk(session=session, work_pool_ids=[]) == {}
    unknown = await workers.count_work_pool_slot_holders_by_queue(session=session, work_pool_id=uuid4())
    assert unknown == {}


@pytest.mark.conformance(173)
async def test_cancelling_counts_on_the_older_routes_only(session):
    queue = await make_queue(session, await make_pool(session))
    for state in (Pending, Running, Cancelling):
        await make_run(session, queue, state())
    assert await of_queue(session, queue) == 2
    old = await work_queues.count_work_queue_active_slots(session=session, work_queue_id=queue.id)
    assert old == 3
