"""The slot a run takes of its deployment, from PENDING to every way out (orchestration.md 1.9)."""

from datetime import timedelta

import pytest

from penstock.core.clock import utc_now
from penstock.schemas.core import ConcurrencyOptions, FlowRunPolicy
from penstock.schemas.states import (
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
    StateDetails,
)
from penstock.server import models
from penstock.server.orchestration import set_flow_run_state, timeouts
from tests.concurrency.scenes import CANCEL_NEW, in_use, lease_of, let_expire, limited, run_of
from tests.support.factories import ago, history, make_run, propose

TERMINAL = (Completed, Failed, Crashed, Cancelled)


async def propose_as_client(session, run, state):
    """Propose a state as a client does that renews leases."""
    return await set_flow_run_state(session=session, flow_run_id=run.id, state=state, renews_leases=True)


async def names(session, run):
    return [state.name for state in await history(session, run)]


async def test_pending_takes_a_slot_and_names_its_lease(session):
    deployment = await limited(session, 2)
    run = await run_of(session, deployment)
    result = await propose(session, run, Pending())
    assert result.status == "ACCEPT"
    lease = await lease_of(session, run)
    assert result.state.state_details.deployment_concurrency_lease_id == lease.id
    assert (lease.holder_type, lease.holder_id) == ("flow_run", run.id)
    assert utc_now() + timedelta(seconds=290) < lease.expires_at < utc_now() + timedelta(seconds=310)
    assert await in_use(session, deployment) == 1


async def test_the_grace_period_is_how_long_a_run_may_be_pending(session):
    options = ConcurrencyOptions(collision_strategy="ENQUEUE", grace_period_seconds=3600)
    deployment = await limited(session, 1, concurrency_options=options)
    run = await run_of(session, deployment)
    await propose(session, run, Pending())
    assert (await lease_of(session, run)).expires_at > utc_now() + timedelta(seconds=3500)


async def test_a_full_limit_lets_the_run_wait_at_its_place(session):
    deployment = await limited(session)
    first, second = await run_of(session, deployment), await run_of(session, deployment)
    planned = second.next_scheduled_start_time
    await propose(session, first, Pending())
    result = await propose(session, second, Pending())
    assert (result.status, result.state.name) == ("REJECT", "AwaitingConcurrencySlot")
    assert "1 slots" in result.details.reason
    assert second.next_scheduled_start_time == planned
    assert result.state.state_details.deployment_concurrency_lease_id is None


async def test_a_run_that_waits_is_not_written_again(session):
    deployment = await limited(session)
    first, second = await run_of(session, deployment), await run_of(session, deployment)
    await propose(session, first, Pending())
    waiting = (await propose(session, second, Pending())).state
    for _ in range(3):
        again = await propose(session, second, Pending())
        assert (again.status, again.state.id) == ("REJECT", waiting.id)
    assert await names(session, second) == ["Scheduled", "AwaitingConcurrencySlot"]
    await propose(session, first, Completed())
    assert (await propose(session, second, Pending())).status == "ACCEPT"


async def test_cancel_new_cancels_what_finds_no_slot(session):
    deployment = await limited(session, concurrency_options=CANCEL_NEW)
    first, second = await run_of(session, deployment), await run_of(session, deployment)
    await propose(session, first, Pending())
    result = await propose(session, second, Pending())
    assert (result.status, result.state.type) == ("REJECT", "CANCELLED")
    assert second.end_time is not None
    assert await in_use(session, deployment) == 1


async def test_a_limit_of_zero_lets_nothing_start(session):
    deployment = await limited(session)
    await models.concurrency_limits.update_concurrency_limit(
        session=session, concurrency_limit_id=deployment.concurrency_limit_id, values={"limit": 0}
    )
    run = await run_of(session, deployment)
    result = await propose(session, run, Pending())
    assert (result.status, result.state.name) == ("ABORT", "Scheduled")
    assert await names(session, run) == ["Scheduled"]


async def test_an_inactive_limit_does_not_count(session):
    deployment = await limited(session)
    await models.concurrency_limits.update_concurrency_limit(
        session=session, concurrency_limit_id=deployment.concurrency_limit_id, values={"active": False}
    )
    for _ in range(2):
        run = await run_of(session, deployment)
        result = await propose(session, run, Pending())
        assert result.status == "ACCEPT"
        assert result.state.state_details.deployment_concurrency_lease_id is None


async def test_without_a_deployment_or_a_limit_nothing_is_taken(session):
    deployment = await limited(session)
    await models.deployments.delete_deployment(session=session, deployment_id=deployment.id)
    for run in (await make_run(session), await run_of(session, deployment)):
        assert (await propose(session, run, Pending())).status == "ACCEPT"
        assert await lease_of(session, run) is None


@pytest.mark.parametrize("end", TERMINAL)
@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("steps", [(Pending,), (Pending, Running)])
async def test_the_end_frees_the_slot_once(session, end, force, steps):
    deployment = await limited(session, 2)
    other, run = await run_of(session, deployment), await run_of(session, deployment)
    await propose(session, other, Pending())
    for step in steps:
        state = (await propose(session, run, step())).state
    lease_id = state.state_details.deployment_concurrency_lease_id
    assert await in_use(session, deployment) == 2
    result = await propose(session, run, end(), force=force)
    assert await in_use(session, deployment) == 1
    assert result.state.state_details.deployment_concurrency_lease_id == lease_id
    await propose(session, run, Failed(), force=True)
    await models.concurrency_limits.end_lease(session=session, lease_id=lease_id)
    assert await in_use(session, deployment) == 1


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("steps", [(Pending,), (Pending, Running)])
async def test_going_back_to_scheduled_frees_the_slot(session, force, steps):
    deployment = await limited(session)
    run = await run_of(session, deployment)
    for step in steps:
        await propose(session, run, step())
    result = await propose(session, run, AwaitingRetry(ago(seconds=1)), force=force)
    assert result.state.state_details.deployment_concurrency_lease_id is None
    assert await in_use(session, deployment) == 0
    assert (await propose(session, run, Pending())).status == "ACCEPT"


async def test_deleting_the_run_frees_the_slot(session):
    deployment = await limited(session)
    run = await run_of(session, deployment)
    await propose(session, run, Pending())
    await models.flow_runs.delete_flow_run(session=session, flow_run_id=run.id)
    assert await in_use(session, deployment) == 0


async def test_a_run_that_is_being_cancelled_keeps_its_slot(session):
    deployment = await limited(session)
    run = await run_of(session, deployment)
    for state in (Pending(), Running(), Cancelling()):
        result = await propose(session, run, state)
    assert result.state.state_details.deployment_concurrency_lease_id is not None
    assert await in_use(session, deployment) == 1
    await propose(session, run, Cancelled(), force=True)
    assert await in_use(session, deployment) == 0


async def test_what_the_client_says_of_the_lease_is_replaced(session):
    deployment = await limited(session)
    run = await run_of(session, deployment)
    lease_id = (await propose(session, run, Pending())).state.state_details.deployment_concurrency_lease_id
    for state in (Pending(name="Submitting"), Running(), Running(), Completed()):
        result = await propose(session, run, state)
        assert result.status == "ACCEPT"
        assert result.state.state_details.deployment_concurrency_lease_id == lease_id
    wrong = StateDetails(deployment_concurrency_lease_id=run.id)
    other = await make_run(session)
    result = await propose(session, other, Pending(state_details=wrong))
    assert result.state.state_details.deployment_concurrency_lease_id is None


# ── running ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_client_that_renews_has_a_lease_that_expires(session):
    deployment = await limited(session)
    run = await run_of(session, deployment)
    await propose_as_client(session, run, Pending())
    lease = await lease_of(session, run)
    await let_expire(session, lease.id)
    await propose_as_client(session, run, Running())
    lease = await lease_of(session, run)
    assert utc_now() + timedelta(seconds=290) < lease.expires_at < utc_now() + timedelta(seconds=310)


async def test_a_client_that_does_not_renew_keeps_its_slot(session):
    deployment = await limited(session)
    run = await run_of(session, deployment)
    await propose(session, run, Pending())
    await propose(session, run, Running())
    assert (await lease_of(session, run)).expires_at is None
    assert await models.concurrency_limits.end_expired_leases(session=session) == 0
    await propose(session, run, Completed())
    assert await in_use(session, deployment) == 0


async def test_a_lost_slot_is_taken_again(session):
    deployment = await limited(session)
    run = await run_of(session, deployment)
    await propose_as_client(session, run, Pending())
    before = await lease_of(session, run)
    await let_expire(session, before.id)
    assert await models.concurrency_limits.end_expired_leases(session=session) == 1
    assert await in_use(session, deployment) == 0
    result = await propose_as_client(session, run, Running())
    assert result.status == "ACCEPT"
    after = await lease_of(session, run)
    assert after.id != before.id
    assert result.state.state_details.deployment_concurrency_lease_id == after.id


async def test_a_run_whose_slot_was_given_away_is_cancelled(session):
    deployment = await limited(session)
    slow, quick = await run_of(session, deployment), await run_of(session, deployment)
    await propose_as_client(session, slow, Pending())
    await let_expire(session, (await lease_of(session, slow)).id)
    # who needs the slot takes it from an expired lease, without waiting for the reaper
    assert (await propose_as_client(session, quick, Pending())).status == "ACCEPT"
    assert await lease_of(session, slow) is None
    result = await propose_as_client(session, slow, Running())
    assert (result.status, result.state.type) == ("REJECT", "CANCELLED")
    assert await in_use(session, deployment) == 1
    assert (await propose_as_client(session, quick, Running())).status == "ACCEPT"


async def test_a_run_started_directly_takes_a_slot_too(session):
    deployment = await limited(session)
    first, second = await run_of(session, deployment), await run_of(session, deployment)
    assert (await propose(session, first, Running())).status == "ACCEPT"
    assert await in_use(session, deployment) == 1
    result = await propose(session, second, Running())
    assert (result.status, result.state.name) == ("REJECT", "AwaitingConcurrencySlot")


async def test_a_try_in_the_same_process_keeps_slot_and_lease(session):
    deployment = await limited(session)
    run = await run_of(session, deployment, empirical_policy=FlowRunPolicy(retries=1, retry_delay=0))
    await propose_as_client(session, run, Pending())
    lease = await lease_of(session, run)
    await propose_as_client(session, run, Running())
    result = await propose_as_client(session, run, Failed())
    assert (result.status, result.state.name) == ("REJECT", "AwaitingRetry")
    assert result.state.state_details.deployment_concurrency_lease_id == lease.id
    assert await in_use(session, deployment) == 1
    result = await propose_as_client(session, run, Running())
    assert (result.status, (await lease_of(session, run)).id) == ("ACCEPT", lease.id)
    await propose_as_client(session, run, Completed())
    assert await in_use(session, deployment) == 0


async def test_a_next_try_waits_when_its_slot_was_given_away(session):
    deployment = await limited(session)
    run = await run_of(session, deployment, empirical_policy=FlowRunPolicy(retries=1, retry_delay=0))
    for state in (Pending(), Running(), Failed()):
        await propose_as_client(session, run, state)
    await models.concurrency_limits.end_lease(session=session, lease_id=(await lease_of(session, run)).id)
    other = await run_of(session, deployment)
    await propose(session, other, Pending())
    assert (await propose_as_client(session, run, Running())).status == "WAIT"
    await propose(session, other, Completed())
    assert (await propose_as_client(session, run, Running())).status == "ACCEPT"


async def test_a_pause_in_the_process_frees_the_slot_and_keeps_the_lease(session):
    deployment = await limited(session)
    run, other = await run_of(session, deployment), await run_of(session, deployment)
    await propose_as_client(session, run, Pending())
    await propose_as_client(session, run, Running())
    lease = await lease_of(session, run)
    paused = await propose_as_client(session, run, Paused())
    assert paused.state.state_details.deployment_concurrency_lease_id == lease.id
    assert await in_use(session, deployment) == 0
    assert await models.concurrency_limits.renew_lease(session=session, lease_id=lease.id, seconds=60)
    await propose(session, other, Pending())
    refused = await propose_as_client(session, run, Running())
    assert (refused.status, refused.state.type) == ("REJECT", "PAUSED")
    await propose(session, other, Completed())
    assert (await propose_as_client(session, run, Running())).status == "ACCEPT"
    assert (await lease_of(session, run)).id == lease.id
    assert await in_use(session, deployment) == 1
    await propose_as_client(session, run, Completed())
    assert await in_use(session, deployment) == 0


async def test_a_suspended_run_holds_nothing(session):
    deployment = await limited(session)
    run = await run_of(session, deployment)
    for state in (Pending(), Running()):
        await propose(session, run, state)
    await propose(session, run, Paused(state_details=StateDetails(pause_reschedule=True)))
    assert await lease_of(session, run) is None
    await propose(session, run, Scheduled(ago(seconds=1), name="Resuming"))
    result = await propose(session, run, Pending())
    assert result.state.state_details.deployment_concurrency_lease_id is not None
    assert await in_use(session, deployment) == 1


async def test_force_takes_no_slot(session):
    deployment = await limited(session)
    runs = [await run_of(session, deployment) for _ in range(3)]
    for run in runs:
        assert (await propose(session, run, Pending(), force=True)).status == "ACCEPT"
    assert await in_use(session, deployment) == 0


# ── late ──────────────────────────────────────────────────────────────────────────────────────────


async def test_late_runs_are_cancelled_where_the_deployment_wants_that(session):
    deployment = await limited(session, concurrency_options=CANCEL_NEW)
    running, waiting = await run_of(session, deployment), await run_of(session, deployment)
    await propose(session, running, Pending())
    await timeouts.mark_late_runs(session=session, after_seconds=15, limit=10)
    await session.refresh(waiting)
    assert waiting.state_name == "Cancelled"


async def test_late_runs_that_find_a_slot_are_only_late(session):
    for options in (CANCEL_NEW, None):
        run = await run_of(session, await limited(session, concurrency_options=options))
        assert (await propose(session, run, Late(ago(minutes=1)))).state.name == "Late"


async def test_a_late_proposal_cancels_too(session):
    deployment = await limited(session, concurrency_options=CANCEL_NEW)
    running, waiting = await run_of(session, deployment), await run_of(session, deployment)
    await propose(session, running, Pending())
    result = await propose(session, waiting, Late(ago(minutes=1)))
    assert (result.status, result.state.name) == ("REJECT", "Cancelled")
