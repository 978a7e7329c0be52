"""Attempts: begun by a claim or a proposal, kept by renewals, ended by silence, fenced ever after."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseKind, LeaseTimes
from penstock.core.errors import ConflictError
from penstock.schemas.states import (
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Pending,
    Running,
    Scheduled,
)
from penstock.server.database.orm_models import CleanupMessage, FlowRun, WorkPool
from penstock.server.models.attempts import find_expired_attempts, renew_attempts
from penstock.server.orchestration import (
    Proposer,
    SpeakingProcess,
    claim_flow_runs,
    end_expired_attempt,
    set_flow_run_state,
)
from tests.support.factories import ago, due, make_deployment, make_pool, make_queue, make_run

NOBODY = Proposer()
PATIENT = LeaseTimes()
HASTY = LeaseTimes(claim_seconds=-60, grace_seconds=0, start_seconds=-60, silence_seconds=-60)
"""Leases that are over as soon as they begin."""
STATES = {"completed": Completed, "failed": Failed, "crashed": Crashed, "scheduled": Scheduled}


async def waiting_run(session: AsyncSession, **deployment: object) -> tuple[WorkPool, FlowRun]:
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    made = await make_deployment(session, **deployment)
    return pool, await make_run(session, queue, due(minutes=1), deployment_id=made.id)


async def claim(session: AsyncSession, pool: WorkPool, worker: str = "a", times: LeaseTimes = PATIENT):
    return await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name=worker, lease_times=times)


async def propose(session, run, state, proposer=NOBODY, times=PATIENT, **options):
    return await set_flow_run_state(
        session=session, flow_run_id=run.id, state=state, proposer=proposer, lease_times=times, **options
    )


async def be_due(session: AsyncSession, run: FlowRun) -> None:
    """Pass the time until the run may be tried again."""
    run.next_scheduled_start_time = ago(seconds=1)
    await session.flush()


async def test_a_claim_begins_an_attempt(session):
    pool, run = await waiting_run(session)
    assert (run.attempt, run.lease_kind) == (0, None)
    await claim(session, pool)
    assert (run.attempt, run.worker_name, run.lease_kind) == (1, "a", LeaseKind.CLAIMED)
    assert run.lease_expires_at is not None


@pytest.mark.parametrize("ends_as", STATES)
async def test_the_attempt_ends_with_the_state_that_leaves_it(session, ends_as):
    pool, run = await waiting_run(session)
    await claim(session, pool)
    mine = Proposer(attempt=1)
    await propose(session, run, Running(), mine)
    await propose(session, run, STATES[ends_as](), mine)
    assert (run.lease_kind, run.lease_expires_at, run.attempt) == (None, None, 1)


@pytest.mark.parametrize("force", [False, True])
async def test_who_speaks_for_an_attempt_that_is_over_changes_nothing(session, force):
    pool, run = await waiting_run(session)
    await claim(session, pool, "a", HASTY)
    assert await end_expired_attempt(session, run.id)
    with pytest.raises(ConflictError, match="after attempt 1 the run is AwaitingRetry"):
        await propose(session, run, Completed(), Proposer(attempt=1), force=force)
    await be_due(session, run)
    [again] = await claim(session, pool, "b")
    assert again.attempt == 2
    with pytest.raises(ConflictError, match="attempt 2 is the current one, held by worker 'b'"):
        await propose(session, run, Completed(), Proposer(attempt=1), force=force)
    assert run.state_name == "Pending"
    assert (await propose(session, run, Running(), Proposer(attempt=2))).status == "ACCEPT"


async def test_a_report_that_is_sent_again_is_answered_again(session):
    """The first answer was lost: the attempt is over by now, and still this is no conflict."""
    pool, run = await waiting_run(session)
    await claim(session, pool)
    mine = Proposer(attempt=1)
    await propose(session, run, Running(), mine)
    done = Completed(state_details={"transition_id": run.id})
    assert (await propose(session, run, done, mine)).status == "ACCEPT"
    assert (await propose(session, run, done, mine)).status == "REJECT"
    assert run.state_name == "Completed"


async def test_lost_attempts_are_made_up_for_as_often_as_the_deployment_says(session):
    pool, run = await waiting_run(session, infra_retries=2, infra_retry_delay_seconds=30)
    waits = []
    for attempt in (1, 2):
        await claim(session, pool, "a", HASTY)
        await end_expired_attempt(session, run.id)
        assert (run.state_name, run.attempt, run.infra_failures) == ("AwaitingRetry", attempt, attempt)
        assert "Worker 'a' was not heard of" in run.state_message
        waits.append(run.next_scheduled_start_time - run.state_timestamp)
        await be_due(session, run)
    assert [round(wait.total_seconds() / 30) for wait in waits] == [1, 2]
    await claim(session, pool, "a", HASTY)
    await end_expired_attempt(session, run.id)
    assert (run.state_name, run.infra_failures) == ("Crashed", 3)
    await propose(session, run, Scheduled())
    assert run.infra_failures == 0


async def test_nothing_is_judged_before_its_time_or_twice(session):
    pool, run = await waiting_run(session)
    await claim(session, pool)
    assert await find_expired_attempts(session=session, limit=10) == []
    assert not await end_expired_attempt(session, run.id)
    run.lease_expires_at = ago(seconds=1)
    await session.flush()
    assert list(await find_expired_attempts(session=session, limit=10)) == [run.id]
    assert await end_expired_attempt(session, run.id)
    assert not await end_expired_attempt(session, run.id)
    assert run.infra_failures == 1


async def test_a_renewal_keeps_only_the_current_attempt(session):
    pool, run = await waiting_run(session)
    await claim(session, pool, "a", HASTY)
    [kept] = await renew_attempts(session=session, worker_name="a", attempts={run.id: 1}, seconds=60)
    assert kept.is_renewed
    assert not await end_expired_attempt(session, run.id)
    for worker, attempt in (("a", 2), ("b", 1)):
        [other] = await renew_attempts(
            session=session, worker_name=worker, attempts={run.id: attempt}, seconds=600
        )
        assert (other.is_renewed, other.is_held, other.attempt) == (False, True, 1)
    await session.refresh(run)
    assert run.lease_expires_at - run.state_timestamp < timedelta(seconds=120)


async def test_a_run_that_waits_in_its_process_for_a_retry_is_held(session):
    pool, run = await waiting_run(session)
    await claim(session, pool)
    mine = Proposer(attempt=1)
    run.empirical_policy = run.empirical_policy.model_copy(update={"retries": 1, "retry_delay": 5})
    await propose(session, run, Running(), mine)
    assert (await propose(session, run, Failed(), mine, HASTY)).status == "REJECT"
    assert (run.state_name, run.lease_kind) == ("AwaitingRetry", LeaseKind.CLAIMED)
    assert await claim(session, pool, "b") == []
    await end_expired_attempt(session, run.id)
    await session.refresh(run)
    assert (run.lease_kind, run.retry_type) == (None, None)
    await be_due(session, run)
    assert [one.id for one in await claim(session, pool, "b")] == [run.id]


async def test_a_cancel_whose_worker_is_gone_ends_and_asks_for_teardown(session):
    pool, run = await waiting_run(session)
    await claim(session, pool)
    await propose(session, run, Running(), Proposer(attempt=1))
    await propose(session, run, Cancelling(), times=HASTY)
    await end_expired_attempt(session, run.id)
    assert run.state_name == "Cancelled"
    assert await session.scalar(sa.select(sa.func.count()).select_from(CleanupMessage)) == 1


async def test_a_cancel_by_force_takes_the_run_from_its_worker(session):
    pool, run = await waiting_run(session)
    await claim(session, pool)
    await propose(session, run, Cancelled(), force=True)
    with pytest.raises(ConflictError, match="after attempt 1 the run is Cancelled"):
        await propose(session, run, Running(), Proposer(attempt=1))


class TestOfAWorkerThatRenewsNothing:
    """It is known by its name only; so are the processes it starts."""

    async def taken(self, session, times=PATIENT):
        pool, run = await waiting_run(session)
        worker = Proposer("w1")
        assert (await propose(session, run, Pending(), worker, times)).status == "ACCEPT"
        return pool, run, worker, Proposer("w1", SpeakingProcess(run.id))

    async def test_it_holds_what_it_took(self, session):
        _, run, worker, process = await self.taken(session)
        assert (run.attempt, run.worker_name, run.lease_kind) == (1, "w1", LeaseKind.OBSERVED)
        assert (await propose(session, run, Pending(name="Submitting"), worker)).status == "ACCEPT"
        assert (await propose(session, run, Running(), process)).status == "ACCEPT"
        assert (await propose(session, run, Completed(), process)).status == "ACCEPT"

    async def test_what_it_did_not_start_in_time_is_given_to_another(self, session):
        pool, run, worker, process = await self.taken(session, HASTY)
        await end_expired_attempt(session, run.id)
        assert run.state_name == "AwaitingRetry"
        for late in (process, worker):
            assert (await propose(session, run, Running(), late)).status == "ABORT"
        assert (await propose(session, run, Crashed(), worker)).status == "ABORT"
        await be_due(session, run)
        [again] = await claim(session, pool, "w2")
        for late in (process, worker):
            assert (await propose(session, again, Running(), late)).status == "ABORT"
        assert (again.state_name, again.worker_name) == ("Pending", "w2")

    async def test_a_second_process_of_the_same_attempt_does_not_start(self, session):
        _, run, _, process = await self.taken(session)
        await propose(session, run, Running(), process)
        assert (await propose(session, run, Running(), process)).status == "ABORT"
        assert run.run_count == 1

    async def test_anybody_may_confirm_a_cancel(self, session):
        _, run, _, process = await self.taken(session)
        await propose(session, run, Running(), process)
        await propose(session, run, Cancelling())
        assert (await propose(session, run, Cancelled(), Proposer("w2"), force=True)).status == "ACCEPT"
