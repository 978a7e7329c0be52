"""Trying a failed run again in its own process (orchestration.md 1.6 rule 15)."""

from datetime import timedelta

import pytest

from penstock.core.clock import utc_now
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import Crashed, Failed, Pending, Running
from tests.support.factories import make_run
from tests.support.transitions import ask


async def running(session, **policy):
    """Make a run with this policy that runs for the first time."""
    return await make_run(session, state=Running(), empirical_policy=FlowRunPolicy(**policy))


async def test_run_without_retries_fails(session):
    run = await running(session, retry_type="reschedule")
    assert (await ask(session, run, Failed())).brief == ("ACCEPT", ["Failed"])
    assert run.empirical_policy.retry_type is None


async def test_failed_run_waits_in_its_process_for_the_next_try(session):
    run = await running(session, retries=1, retry_delay=90, resuming=True, pause_keys={"k"})
    data = {"type": "reference", "key": "k"}
    answer = await ask(session, run, Failed(message="why", data=data))
    assert answer.brief == ("REJECT", ["AwaitingRetry"])
    assert (answer.state.message, answer.state.data) == ("why", data)
    wait = answer.state.state_details.scheduled_time - utc_now()
    assert timedelta(seconds=80) < wait <= timedelta(seconds=90)
    policy = run.empirical_policy
    assert (policy.retry_type, policy.resuming, policy.pause_keys) == ("in_process", False, set())
    assert (policy.retries, policy.retry_delay) == (1, 90)
    assert run.retry_type == "in_process"
    assert run.next_scheduled_start_time == answer.state.state_details.scheduled_time
    assert run.end_time is None


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_run_is_tried_as_often_as_the_policy_says(session, retries: int):
    run = await running(session, retries=retries, retry_delay=0)
    for tries in range(1, retries + 1):
        assert (await ask(session, run, Failed())).brief == ("REJECT", ["AwaitingRetry"])
        assert (await ask(session, run, Running())).brief == ("ACCEPT", ["Running"])
        assert run.run_count == tries + 1
    assert (await ask(session, run, Failed())).brief == ("ACCEPT", ["Failed"])
    assert (run.run_count, run.empirical_policy.retry_type) == (retries + 1, None)
    assert run.end_time == run.state_timestamp


async def test_old_names_of_the_policy_count(session):
    run = await running(session, max_retries=1, retry_delay_seconds=5.0)
    assert (await ask(session, run, Failed())).brief == ("REJECT", ["AwaitingRetry"])


async def test_crash_and_failure_before_the_start_are_not_tried_again(session):
    run = await running(session, retries=3)
    assert (await ask(session, run, Crashed())).brief == ("ACCEPT", ["Crashed"])
    pending = await make_run(session, state=Pending(), empirical_policy=FlowRunPolicy(retries=3))
    assert (await ask(session, pending, Failed())).brief == ("ACCEPT", ["Failed"])


async def test_forced_failure_is_final(session):
    run = await running(session, retries=3)
    assert (await ask(session, run, Failed(), force=True)).brief == ("ACCEPT", ["Failed"])
