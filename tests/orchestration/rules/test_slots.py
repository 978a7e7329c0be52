"""Limits and pauses hold at the transition (workers.md 8.1, cases 101-105)."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import (
    AwaitingConcurrencySlot,
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
from penstock.server.models import workers
from tests.support.factories import (
    ago,
    due,
    make_pool,
    make_queue,
    make_run,
    poll,
    propose,
    set_columns,
)
from tests.support.races import limit_to_one, overlap
from tests.support.transitions import ask

limited = pytest.mark.parametrize("limited", ["pool", "queue"])


async def make_limited(session: AsyncSession, limited: str, limit: int = 1):
    """Make a pool and a queue, one of which has a limit."""
    pool = await make_pool(session, concurrency_limit=limit if limited == "pool" else None)
    queue = await make_queue(session, pool, concurrency_limit=limit if limited == "queue" else None)
    return pool, queue


@limited
@pytest.mark.conformance(101)
async def test_run_that_finds_no_slot_waits_at_its_place(session, limited: str):
    pool, queue = await make_limited(session, limited)
    await make_run(session, queue, Running(), "busy")
    planned = ago(minutes=9)
    run = await make_run(session, queue, Scheduled(planned), "first")
    await make_run(session, queue, due(minutes=5), "second")
    answer = await ask(session, run, Pending())
    assert answer.brief == ("REJECT", ["AwaitingConcurrencySlot"])
    assert "All 1 slots of work" in answer.reason
    assert (pool.name if limited == "pool" else queue.name) in answer.reason
    assert run.next_scheduled_start_time == run.expected_start_time == planned
    assert answer.state.state_details.scheduled_time == planned
    assert answer.state.message == answer.reason
    # refused again, it stays as it is: nothing is written
    for _ in range(2):
        assert (await ask(session, run, Pending())).brief == ("REJECT", [])
    await set_columns(session, queue, concurrency_limit=None)
    await set_columns(session, pool, concurrency_limit=None)
    assert await poll(session) == ["first", "second"]


@limited
@pytest.mark.conformance(101)
async def test_later_than_polled_is_too_late(session, limited: str):
    _, queue = await make_limited(session, limited)
    later = await make_run(session, queue, due(minutes=1), "later")
    assert await poll(session) == ["later"]
    earlier = await make_run(session, queue, due(minutes=2), "earlier")
    assert await poll(session) == ["earlier"]
    assert (await ask(session, later, Pending())).status == "ACCEPT"
    assert (await ask(session, earlier, Pending())).brief == ("REJECT", ["AwaitingConcurrencySlot"])


@limited
@pytest.mark.parametrize("end", [Completed, Failed, Crashed, Cancelled, Paused, Scheduled, Cancelling])
async def test_slot_is_free_when_its_run_leaves(session, limited: str, end):
    _, queue = await make_limited(session, limited)
    busy = await make_run(session, queue, Running())
    run = await make_run(session, queue, due(minutes=1))
    assert (await ask(session, run, Pending())).status == "REJECT"
    assert (await ask(session, busy, end())).status == "ACCEPT"
    assert (await ask(session, run, Pending())).brief == ("ACCEPT", ["Pending"])


@limited
async def test_starting_without_pending_needs_a_slot_too(session, limited: str):
    _, queue = await make_limited(session, limited)
    await make_run(session, queue, Pending())
    run = await make_run(session, queue, due(minutes=1))
    assert (await ask(session, run, Running())).brief == ("REJECT", ["AwaitingConcurrencySlot"])
    assert (await ask(session, run, Running())).brief == ("REJECT", [])


@limited
async def test_run_that_has_its_slot_keeps_it(session, limited: str):
    pool, queue = await make_limited(session, limited, limit=2)
    for state in (Running(), Pending()):
        run = await make_run(session, queue, state)
        await set_columns(session, pool, concurrency_limit=0)
        assert (await ask(session, run, Running())).brief == ("ACCEPT", ["Running"])
    pending = await make_run(session, queue, Pending())
    assert (await ask(session, pending, Pending(name="Submitting"))).brief == ("ACCEPT", ["Submitting"])


@limited
async def test_new_run_that_would_start_at_once_waits(session, limited: str):
    _, queue = await make_limited(session, limited)
    await make_run(session, queue, Running())
    run = await make_run(session, queue, without_state=True)
    answer = await ask(session, run, Pending())
    assert answer.brief == ("REJECT", ["AwaitingConcurrencySlot"])
    assert ago(minutes=1) < run.next_scheduled_start_time <= answer.state.timestamp


@limited
@pytest.mark.parametrize(
    ("present", "brief"),
    [(Paused(), ("REJECT", [])), (Failed(), ("ABORT", [])), (Completed(), ("ABORT", []))],
    ids=lambda value: getattr(value, "name", None),
)
async def test_process_that_goes_on_needs_a_slot(session, limited: str, present, brief):
    _, queue = await make_limited(session, limited)
    busy = await make_run(session, queue, Running())
    run = await make_run(session, queue, present)
    assert (await ask(session, run, Running())).brief == brief
    await ask(session, busy, Completed())
    assert (await ask(session, run, Running())).brief == ("ACCEPT", ["Running"])


@limited
async def test_run_that_retries_in_its_process_keeps_its_slot(session, limited: str):
    _, queue = await make_limited(session, limited)
    run = await make_run(session, queue, Running(), empirical_policy=FlowRunPolicy(retries=1, retry_delay=0))
    other = await make_run(session, queue, due(minutes=1))
    assert (await ask(session, run, Failed())).brief == ("REJECT", ["AwaitingRetry"])
    assert (await ask(session, other, Pending())).brief == ("REJECT", ["AwaitingConcurrencySlot"])
    assert await workers.count_work_queue_active_slots(session=session, work_queue_id=queue.id) == 0
    assert (await ask(session, run, Running())).brief == ("ACCEPT", ["Running"])
    assert (await ask(session, run, Failed())).brief == ("ACCEPT", ["Failed"])
    assert (await ask(session, other, Pending())).brief == ("ACCEPT", ["Pending"])


@limited
async def test_run_that_was_retried_holds_one_slot_and_none_when_it_is_over(session, limited: str):
    _, queue = await make_limited(session, limited, limit=2)
    run = await make_run(session, queue, Running(), empirical_policy=FlowRunPolicy(retries=1, retry_delay=0))
    others = [await make_run(session, queue, due(minutes=1)) for _ in range(3)]
    await ask(session, run, Failed())
    await ask(session, run, Running())
    assert run.retry_type == "in_process"
    assert (await ask(session, others[0], Pending())).status == "ACCEPT"
    assert (await ask(session, others[1], Pending())).status == "REJECT"
    await ask(session, run, Completed())
    assert run.retry_type == "in_process"
    assert (await ask(session, others[1], Pending())).status == "ACCEPT"
    assert (await ask(session, others[2], Pending())).status == "REJECT"


@limited
async def test_limit_of_zero_lets_nothing_start(session, limited: str):
    _, queue = await make_limited(session, limited, limit=0)
    run = await make_run(session, queue, AwaitingConcurrencySlot(ago(minutes=1)))
    assert (await ask(session, run, Pending())).brief == ("REJECT", [])


@limited
async def test_slots_of_other_queues_count_for_the_pool_alone(session, limited: str):
    pool, queue = await make_limited(session, limited)
    sibling = await make_queue(session, pool)
    await make_run(session, sibling, Running())
    await make_run(session, await make_queue(session, await make_pool(session)), Running())
    run = await make_run(session, queue, due(minutes=1))
    assert (await ask(session, run, Pending())).status == ("REJECT" if limited == "pool" else "ACCEPT")


async def test_tighter_of_two_limits_holds_and_is_named(session):
    pool = await make_pool(session, "p", concurrency_limit=2)
    queue = await make_queue(session, pool, "q", concurrency_limit=1)
    await make_run(session, queue, Running())
    answer = await ask(session, await make_run(session, queue, due(minutes=1)), Pending())
    assert "work queue 'q'" in answer.reason
    await make_run(session, queue, Running())
    answer = await ask(session, await make_run(session, queue, due(minutes=1)), Pending())
    assert "work pool 'p'" in answer.reason


async def test_run_without_a_queue_is_not_limited(session):
    await make_pool(session, concurrency_limit=0)
    run = await make_run(session, None, work_queue_name="default")
    assert (await ask(session, run, Pending())).brief == ("ACCEPT", ["Pending"])


@limited
async def test_operator_may_override_a_limit(session, limited: str):
    _, queue = await make_limited(session, limited)
    await make_run(session, queue, Running())
    run = await make_run(session, queue, due(minutes=1))
    assert (await ask(session, run, Running(), force=True)).brief == ("ACCEPT", ["Running"])
    # the override counts from then on
    other = await make_run(session, queue, due(minutes=1))
    assert (await ask(session, other, Pending())).status == "REJECT"


# ── pauses ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(83, 84)
@pytest.mark.parametrize("paused", ["pool", "queue"])
async def test_paused_means_that_nothing_is_taken(session, paused: str):
    pool = await make_pool(session, "p", is_paused=paused == "pool")
    queue = await make_queue(session, pool, "q", is_paused=paused == "queue")
    run = await make_run(session, queue, due(minutes=1))
    answer = await ask(session, run, Pending())
    assert answer.brief == ("REJECT", [])
    assert f"work {paused} '{paused[0]}' is paused" in answer.reason
    assert (await ask(session, run, Pending(), force=True)).brief == ("ACCEPT", ["Pending"])
    assert (await ask(session, run, Running())).brief == ("ACCEPT", ["Running"])


# ── races ─────────────────────────────────────────────────────────────────────────────────────────


@limited
@pytest.mark.conformance(102)
async def test_of_two_runs_that_want_the_last_slot_at_once_one_gets_it(db, session, limited: str):
    pool, queue = await make_limited(session, limited)
    runs = [await make_run(session, queue, due(minutes=1)) for _ in range(2)]
    await session.commit()
    first, second = await overlap(
        db, lambda one: propose(one, runs[0], Pending()), lambda other: propose(other, runs[1], Pending())
    )
    assert [first.status, second.status] == ["ACCEPT", "REJECT"]
    assert await workers.count_work_pool_active_slots(session=session, work_pool_id=pool.id) == 1


@limited
async def test_limit_set_while_a_run_is_taken_waits_for_it(db, session, limited: str):
    """A transition under way did not see the limit; whoever comes after the limit counts it."""
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    runs = [await make_run(session, queue, due(minutes=1)) for _ in range(2)]
    await session.commit()

    def limit(own: AsyncSession):
        return limit_to_one(own, limited, pool, queue)

    _, seen = await overlap(db, lambda one: propose(one, runs[0], Pending()), limit)
    assert seen == 1
    assert (await ask(session, runs[1], Pending())).brief == ("REJECT", ["AwaitingConcurrencySlot"])
