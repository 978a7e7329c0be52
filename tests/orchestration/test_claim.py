"""Claiming: due runs are PENDING when the claim returns (ADR 0005)."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import AwaitingRetry, Late, Pending, Running, Scheduled
from penstock.server.models import events, workers
from penstock.server.orchestration import claim as claiming
from penstock.server.orchestration import claim_flow_runs
from tests.support.factories import (
    ago,
    due,
    history,
    make_pool,
    make_queue,
    make_queues,
    make_run,
    make_runs,
    poll,
    propose,
    set_columns,
)
from tests.support.races import begin, limit_to_one, overlap


async def claim(session: AsyncSession, pool, **choice: Any) -> list[str]:
    """Claim runs of a pool; returns their names."""
    runs = await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="w", **choice)
    assert {run.state_type for run in runs} <= {StateType.PENDING}
    return [run.name for run in runs]


async def test_claimed_run_is_pending_for_its_worker(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    planned = ago(minutes=1)
    run = await make_run(session, queue, Scheduled(planned))
    (claimed,) = await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="worker 7")
    await session.refresh(run)
    assert claimed is run
    assert (run.state_type, run.state_name) == (StateType.PENDING, "Pending")
    assert "worker 7" in run.state_message
    assert run.state_details.scheduled_time == run.expected_start_time == planned
    assert run.next_scheduled_start_time is None
    states = await history(session, run)
    assert [state.name for state in states] == ["Scheduled", "Pending"]
    recorded = await events.read_events(session=session, resource_id=f"prefect.flow-run.{run.id}")
    assert [event.id for event in recorded] == [state.id for state in states]
    assert (recorded[1].event, recorded[1].follows) == ("prefect.flow-run.Pending", states[0].id)
    roles = [one["prefect.resource.role"] for one in recorded[1].related]
    assert roles == ["flow", "work-queue", "work-pool"]
    assert await claim(session, pool) == []


async def test_runs_come_by_priority_and_time_up_to_the_limit(session):
    pool = await make_pool(session)
    low, high = await make_queue(session, pool, "low"), await make_queue(session, pool, "high", priority=1)
    first, second = await make_runs(session, high, 2), await make_runs(session, low, 2)
    names = [run.name for run in (*first, *second)]
    assert await claim(session, pool, limit=3) == names[:3]
    assert await claim(session, pool, limit=3) == names[3:]


async def test_only_what_is_due_by_the_clock_of_the_database(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    await make_run(session, queue, due(seconds=-30), "soon")
    await make_run(session, queue, due(seconds=1), "due")
    unplanned = await make_run(session, queue, due(seconds=1))
    await set_columns(session, unplanned, next_scheduled_start_time=None)
    assert await claim(session, pool) == ["due"]


async def test_late_runs_and_only_waiting_ones(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    await make_run(session, queue, Late(ago(minutes=2)), "late")
    await make_run(session, queue, AwaitingRetry(ago(minutes=1)), "rescheduled")
    policy = FlowRunPolicy(retry_type="in_process")
    await make_run(session, queue, AwaitingRetry(ago(minutes=1)), empirical_policy=policy)
    for state in (Pending(), Running()):
        await make_run(session, queue, state)
    assert await claim(session, pool) == ["late", "rescheduled"]


async def test_queues_narrow_the_choice_and_no_queues_do_not(session):
    pool, other = await make_pool(session), await make_pool(session)
    a, b = await make_queues(session, pool, "a", "b")
    foreign = await make_queue(session, other)
    for queue in (a, b, foreign):
        await make_run(session, queue, due(minutes=1), queue.name)
    assert await claim(session, pool, work_queue_ids=[foreign.id]) == []
    assert await claim(session, pool, work_queue_ids=[b.id, foreign.id]) == ["b"]
    assert await claim(session, pool, work_queue_ids=[]) == ["a"]
    assert await claim(session, other, work_queue_ids=None) == [foreign.name]


@pytest.mark.parametrize("paused", ["pool", "queue"])
async def test_paused_gives_nothing(session, paused: str):
    pool = await make_pool(session, is_paused=paused == "pool")
    queue = await make_queue(session, pool, is_paused=paused == "queue")
    await make_run(session, queue, due(minutes=1))
    assert await claim(session, pool) == []


@pytest.mark.conformance(90)
async def test_limits_hold_whoever_takes_the_slots(session):
    pool = await make_pool(session, concurrency_limit=4)
    narrow = await make_queue(session, pool, priority=1, concurrency_limit=2)
    wide = await make_queue(session, pool)
    of_narrow, of_wide = await make_runs(session, narrow, 4), await make_runs(session, wide, 4)
    assert (await propose(session, of_wide[3], Pending())).status == "ACCEPT"
    expected = [run.name for run in (*of_narrow[:2], of_wide[0])]
    assert await claim(session, pool) == expected
    assert await claim(session, pool) == []
    assert (await propose(session, of_wide[1], Pending())).status == "REJECT"
    assert await workers.count_work_pool_active_slots(session=session, work_pool_id=pool.id) == 4


@pytest.mark.conformance(95)
async def test_run_that_retries_in_its_process_keeps_its_slot(session):
    pool = await make_pool(session, concurrency_limit=1)
    queue = await make_queue(session, pool)
    policy = FlowRunPolicy(retries=1, retry_type="in_process")
    await make_run(session, queue, AwaitingRetry(ago(minutes=9)), empirical_policy=policy)
    await make_run(session, queue, due(minutes=1))
    assert await claim(session, pool) == []


async def test_limit_of_nothing_and_unknown_pool_give_nothing(session):
    pool = await make_pool(session)
    await make_run(session, await make_queue(session, pool), due(minutes=1))
    assert await claim(session, pool, limit=0) == []
    assert await claim(session, await make_pool(session)) == []


# ── races ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(105)
async def test_claims_at_once_take_different_runs(db, session):
    pool = await make_pool(session)
    runs = await make_runs(session, await make_queue(session, pool), 7)
    await session.commit()
    async with db.session_context(begin_transaction=True) as own:
        first = await claim(own, pool, limit=4)
        other = await begin(db, lambda own: claim(own, pool, limit=4))
        # where there are many writers, the second does not wait for the first
        assert other.done() or db.dialect.single_writer
    assert first + await other == [run.name for run in runs]


@pytest.mark.parametrize("limited", ["pool", "queue"])
@pytest.mark.conformance(102)
async def test_claims_at_once_share_a_limit(db, session, limited: str):
    pool = await make_pool(session, concurrency_limit=5 if limited == "pool" else None)
    queue = await make_queue(session, pool, concurrency_limit=5 if limited == "queue" else None)
    runs = await make_runs(session, queue, 9)
    await session.commit()
    first, second = await overlap(
        db, lambda one: claim(one, pool, limit=4), lambda other: claim(other, pool, limit=4)
    )
    assert first + second == [run.name for run in runs[:5]]


@pytest.mark.conformance(102)
async def test_claim_without_queue_names_shares_the_limits_of_queues(db, session):
    pool = await make_pool(session)
    await make_runs(session, await make_queue(session, pool, concurrency_limit=1), 3)
    await session.commit()
    everything = {"work_queue_ids": []}
    first, second = await overlap(
        db, lambda one: claim(one, pool, **everything), lambda other: claim(other, pool, **everything)
    )
    assert (len(first), len(second)) == (1, 0)


@pytest.mark.conformance(102, 104)
@pytest.mark.parametrize("claims_first", [True, False])
async def test_claim_and_proposal_at_once_share_a_limit(db, session, claims_first: bool):
    pool = await make_pool(session, concurrency_limit=1)
    queue = await make_queue(session, pool)
    polled = await make_run(session, queue, due(minutes=1), "polled")
    await make_run(session, queue, due(minutes=2), "claimed")
    await session.commit()
    assert await poll(session, work_pool_ids=[pool.id]) == ["claimed"]
    await session.commit()

    async def take(own: AsyncSession) -> int:
        return len(await claim(own, pool))

    async def offer(own: AsyncSession) -> int:
        return int((await propose(own, polled, Pending())).status == "ACCEPT")

    taken = await overlap(db, *((take, offer) if claims_first else (offer, take)))
    assert taken == (1, 0)


@pytest.mark.parametrize("limited", ["pool", "queue"])
async def test_limit_set_in_the_midst_of_a_claim_holds(db, session, monkeypatch, limited: str):
    """A claim looks for limits to lock and then for runs; what is set in between is not overlooked."""
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    await make_runs(session, queue, 3)
    await session.commit()
    lock_limits, setting = claiming.lock_limits, []

    async def lock_and_be_interrupted(*arguments: Any) -> Any:
        locked = await lock_limits(*arguments)
        setting.append(await begin(db, lambda own: limit_to_one(own, limited, pool, queue)))
        return locked

    monkeypatch.setattr(claiming, "lock_limits", lock_and_be_interrupted)
    async with db.session_context(begin_transaction=True) as own:
        claimed = await claim(own, pool)
    # the limit came after the claim and counts it, or before it and holds
    assert len(claimed) <= 1 or await setting[0] == len(claimed)
    await setting[0]
    monkeypatch.undo()
    async with db.session_context(begin_transaction=True) as own:
        assert await claim(own, pool) == [] or not claimed


async def test_claim_passes_over_a_run_that_somebody_is_taking(db, session):
    pool = await make_pool(session)
    first, second = await make_runs(session, await make_queue(session, pool), 2)
    await session.commit()
    answer, claimed = await overlap(
        db, lambda one: propose(one, first, Pending()), lambda other: claim(other, pool)
    )
    assert answer.status == "ACCEPT"
    assert claimed == [second.name]
