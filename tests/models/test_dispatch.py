"""Which runs a poll gives, and in which order (workers.md 3.12)."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from penstock.core.clock import utc_now
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import (
    AwaitingConcurrencySlot,
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Late,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
)
from penstock.schemas.statuses import WorkPoolStatus, WorkQueueStatus
from penstock.server.models import workers
from tests.support.factories import (
    due,
    make_pool,
    make_queue,
    make_queues,
    make_run,
    poll,
    set_columns,
)

NOON = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
TICK = timedelta(microseconds=1)


async def make_backlog(session) -> tuple:
    """Make three queues with five waiting runs each, the later queue with the older runs.

    Each queue also has one run that is running and one that is pending.
    """
    pool = await make_pool(session)
    queues = await make_queues(session, pool, "a", "b", "c")
    for place, queue in enumerate(queues):
        for n in range(5):
            await make_run(session, queue, due(hours=place + 1, minutes=-n), f"{queue.name}{n}")
        await make_run(session, queue, Running(), "running")
        await make_run(session, queue, Pending(), "pending")
    return pool, queues


A, B, C = ([f"{letter}{n}" for n in range(5)] for letter in "abc")


@pytest.mark.conformance(69, 70, 71)
async def test_priorities_come_before_time_unless_they_are_left_out(session):
    pool, _ = await make_backlog(session)
    assert await poll(session, work_pool_ids=[pool.id]) == A + B + C
    assert await poll(session, work_pool_ids=[pool.id], respect_queue_priorities=True) == A + B + C
    assert await poll(session, work_pool_ids=[pool.id], respect_queue_priorities=False) == C + B + A


@pytest.mark.conformance(72)
@pytest.mark.parametrize("limit", [0, 1, 7, 15, 99])
async def test_limit_gives_the_beginning_of_the_full_order(session, limit: int):
    pool, _ = await make_backlog(session)
    assert await poll(session, work_pool_ids=[pool.id], limit=limit) == (A + B + C)[:limit]
    by_time = await poll(session, work_pool_ids=[pool.id], limit=limit, respect_queue_priorities=False)
    assert by_time == (C + B + A)[:limit]


@pytest.mark.conformance(78, 80, 82)
async def test_queues_narrow_the_choice_and_an_empty_list_does_not(session):
    pool, (a, b, c) = await make_backlog(session)
    assert await poll(session, work_queue_ids=[b.id]) == B
    assert await poll(session, work_queue_ids=[c.id, a.id, a.id]) == A + C
    assert await poll(session, work_pool_ids=[pool.id], work_queue_ids=[c.id]) == C
    for nothing in (None, []):
        assert await poll(session, work_pool_ids=[pool.id], work_queue_ids=nothing) == A + B + C
        assert await poll(session, work_pool_ids=nothing, work_queue_ids=nothing) == A + B + C


@pytest.mark.conformance(81)
async def test_queue_of_another_pool_and_unknown_ids_give_nothing(session):
    pool, queues = await make_backlog(session)
    other = await make_pool(session)
    assert await poll(session, work_pool_ids=[other.id], work_queue_ids=[queues[0].id]) == []
    assert await poll(session, work_pool_ids=[uuid4()]) == []
    assert await poll(session, work_pool_ids=[pool.id], work_queue_ids=[uuid4()]) == []


# ── windows ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(73, 74, 75)
async def test_window_includes_both_ends_to_the_microsecond(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    await make_run(session, queue, Scheduled(NOON), "noon")
    for end in ("scheduled_before", "scheduled_after"):
        assert await poll(session, work_pool_ids=[pool.id], **{end: NOON}) == ["noon"]
    assert await poll(session, work_pool_ids=[pool.id], scheduled_before=NOON + TICK) == ["noon"]
    assert await poll(session, work_pool_ids=[pool.id], scheduled_before=NOON - TICK) == []
    assert await poll(session, work_pool_ids=[pool.id], scheduled_after=NOON - TICK) == ["noon"]
    assert await poll(session, work_pool_ids=[pool.id], scheduled_after=NOON + TICK) == []
    exactly = {"scheduled_before": NOON, "scheduled_after": NOON}
    assert await poll(session, work_pool_ids=[pool.id], **exactly) == ["noon"]
    reversed_ = {"scheduled_before": NOON - TICK, "scheduled_after": NOON + TICK}
    assert await poll(session, work_pool_ids=[pool.id], **reversed_) == []


@pytest.mark.conformance(73)
async def test_window_may_be_in_another_time_zone(session):
    pool = await make_pool(session)
    await make_run(session, await make_queue(session, pool), Scheduled(NOON), "noon")
    in_tokyo = datetime.fromisoformat("2026-03-01T21:00:00+09:00")
    assert await poll(session, scheduled_before=in_tokyo) == ["noon"]
    assert await poll(session, scheduled_before=in_tokyo - TICK) == []


@pytest.mark.conformance(76)
async def test_future_runs_are_given_when_there_is_no_window(session):
    pool = await make_pool(session)
    await make_run(session, await make_queue(session, pool), due(days=-365), "next year")
    assert await poll(session, work_pool_ids=[pool.id]) == ["next year"]
    assert await poll(session, work_pool_ids=[pool.id], scheduled_before=utc_now()) == []


@pytest.mark.conformance(77)
@pytest.mark.parametrize("respect", [True, False])
async def test_runs_without_a_start_time_come_last_and_only_without_a_window(session, respect: bool):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    run = await make_run(session, queue, due(minutes=1), "unplanned")
    await set_columns(session, run, next_scheduled_start_time=None)
    await make_run(session, queue, due(minutes=-5), "planned")
    choice = {"work_pool_ids": [pool.id], "respect_queue_priorities": respect}
    assert await poll(session, **choice) == ["planned", "unplanned"]
    assert await poll(session, **choice, limit=1) == ["planned"]
    assert await poll(session, **choice, scheduled_before=utc_now() + timedelta(days=9)) == ["planned"]
    assert await poll(session, **choice, scheduled_after=utc_now() - timedelta(days=9)) == ["planned"]


# ── what qualifies ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(94)
@pytest.mark.parametrize(
    "state",
    [
        Scheduled(NOON),
        Late(NOON),
        AwaitingRetry(NOON),
        AwaitingConcurrencySlot(NOON),
        Scheduled(NOON, name="Resuming"),
        Scheduled(NOON, name="Whatever"),
    ],
    ids=lambda state: state.name,
)
async def test_every_scheduled_state_qualifies(session, state: State):
    pool = await make_pool(session)
    await make_run(session, await make_queue(session, pool), state, "waits")
    assert await poll(session, work_pool_ids=[pool.id], scheduled_before=NOON) == ["waits"]


@pytest.mark.conformance(96)
async def test_no_other_state_qualifies(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    for state in (Pending, Running, Completed, Failed, Cancelled, Crashed, Paused, Cancelling):
        run = await make_run(session, queue, state())
        await set_columns(session, run, next_scheduled_start_time=NOON)
    assert await poll(session, work_pool_ids=[pool.id]) == []


@pytest.mark.conformance(95)
async def test_a_retry_in_the_process_is_not_given_away(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    for retry_type in ("in_process", "reschedule", None):
        policy = FlowRunPolicy(retry_type=retry_type)
        await make_run(session, queue, AwaitingRetry(NOON), str(retry_type), empirical_policy=policy)
    assert sorted(await poll(session, work_pool_ids=[pool.id])) == ["None", "reschedule"]


@pytest.mark.conformance(97)
async def test_run_that_only_names_its_queue_is_not_given(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    await make_run(session, None, due(minutes=1), work_queue_name=queue.name)
    assert await poll(session, work_pool_ids=[pool.id]) == []
    assert await poll(session) == []


@pytest.mark.conformance(83)
async def test_paused_queue_gives_nothing_and_the_others_do(session):
    pool, (a, b, _) = await make_backlog(session)
    await set_columns(session, b, is_paused=True)
    assert await poll(session, work_pool_ids=[pool.id]) == A + C
    assert await poll(session, work_queue_ids=[b.id]) == []
    assert await poll(session, work_queue_ids=[a.id, b.id]) == A


@pytest.mark.conformance(84)
async def test_paused_pool_gives_nothing(session):
    pool, queues = await make_backlog(session)
    await set_columns(session, pool, is_paused=True)
    assert await poll(session, work_pool_ids=[pool.id]) == []
    assert await poll(session, work_queue_ids=[queues[0].id]) == []


async def test_statuses_do_not_matter(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    await make_run(session, queue, due(minutes=1), "run")
    for queue_status in WorkQueueStatus:
        for pool_status in WorkPoolStatus:
            await set_columns(session, queue, status=queue_status)
            await set_columns(session, pool, status=pool_status)
            assert await poll(session) == ["run"]


# ── order ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(98)
async def test_queues_of_equal_priority_merge_by_time_and_equal_times_by_id(session):
    pool = await make_pool(session)
    a, b, last = await make_queues(session, pool, "a", "b", "last")
    await set_columns(session, b, priority=a.priority)
    await make_run(session, last, Scheduled(NOON - timedelta(hours=1)), "low")
    await make_run(session, a, Scheduled(NOON + timedelta(minutes=2)), "third")
    await make_run(session, b, Scheduled(NOON + timedelta(minutes=1)), "second")
    await make_run(session, a, Scheduled(NOON), "first")
    same = [await make_run(session, queue, Scheduled(NOON + timedelta(minutes=3))) for queue in (b, a, b, a)]
    by_id = [run.name for run in sorted(same, key=lambda run: run.id)]
    assert await poll(session) == ["first", "second", "third", *by_id, "low"]
    assert await poll(session, limit=5) == ["first", "second", "third", *by_id[:2]]


@pytest.mark.conformance(109)
async def test_several_pools_have_one_order(session):
    g, h = await make_pool(session), await make_pool(session)
    g1, g2 = await make_queues(session, g, "g1", "g2")
    (h1,) = await make_queues(session, h, "h1")
    await set_columns(session, g2, priority=3)
    for queue, seconds, name in (
        (g1, 30, "g1b"), (g1, 1, "g1a"), (g2, 60, "g2a"), (h1, 2, "h1a"),
    ):  # fmt: skip
        await make_run(session, queue, due(seconds=seconds), name)
    h2 = await make_queue(session, h, "h2", priority=3)
    await make_run(session, h2, due(seconds=90), "h2a")
    order = ["g1b", "h1a", "g1a", "h2a", "g2a"]
    for pools in (None, [h.id, g.id]):
        assert await poll(session, work_pool_ids=pools) == order
        assert await poll(session, work_pool_ids=pools, limit=3) == order[:3]
    by_time = await poll(session, respect_queue_priorities=False)
    assert by_time == ["h2a", "g2a", "g1b", "h1a", "g1a"]


# ── the answer ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(99)
async def test_answer_has_the_core_run_without_its_state(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    run = await make_run(
        session,
        queue,
        Scheduled(NOON),
        "run",
        parameters={"n": [1, None]},
        tags=["t"],
        job_variables={"m": 2},
    )
    (found,) = await workers.get_scheduled_flow_runs(session=session, work_pool_ids=[pool.id])
    assert (found.work_pool_id, found.work_queue_id) == (pool.id, queue.id)
    given = found.flow_run
    assert (given.id, given.name, given.flow_id, given.state_id) == (run.id, "run", run.flow_id, run.state_id)
    assert (given.state_type, given.state_name, given.state) == ("SCHEDULED", "Scheduled", None)
    assert (given.work_queue_id, given.work_queue_name) == (queue.id, queue.name)
    assert given.next_scheduled_start_time == given.expected_start_time == NOON
    assert (given.parameters, given.tags, given.job_variables) == ({"n": [1, None]}, ["t"], {"m": 2})
    assert given.estimated_start_time_delta > 0
    assert not {"work_pool_name", "work_pool_id"} & set(given.model_dump())


@pytest.mark.conformance(100)
async def test_polling_changes_nothing(session):
    pool, queues = await make_backlog(session)
    first = await poll(session, work_pool_ids=[pool.id])
    await session.commit()
    assert await poll(session, work_pool_ids=[pool.id]) == first
    await session.refresh(queues[0])
    assert queues[0].last_polled is None
    assert pool.status == WorkPoolStatus.NOT_READY


@pytest.mark.conformance(102)
async def test_overlapping_polls_see_the_same_first_run(db, session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool, concurrency_limit=1)
    for n in range(3):
        await make_run(session, queue, due(minutes=9 - n), f"k{n}")
    await session.commit()
    async with db.session_context() as one, db.session_context() as other:
        found = [await poll(each, work_pool_ids=[pool.id]) for each in (one, other)]
    assert found == [["k0"], ["k0"]]
