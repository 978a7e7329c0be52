"""Cancelling (orchestration.md 1.6 rules 4 and 5)."""

import pytest

from penstock.schemas.states import (
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Late,
    Paused,
    Pending,
    Running,
    Scheduled,
    StateDetails,
)
from tests.support.factories import make_run
from tests.support.transitions import ALL_STATES, ask

SUSPENDED = StateDetails(pause_reschedule=True)
forced = pytest.mark.parametrize("force", [False, True])


@pytest.mark.parametrize("state", [one for one in ALL_STATES if one is not Cancelled])
async def test_run_that_is_being_cancelled_becomes_nothing_else(session, state):
    run = await make_run(session, state=Cancelling())
    assert (await ask(session, run, state())).brief == ("REJECT", [])


async def test_run_that_is_being_cancelled_becomes_cancelled(session):
    run = await make_run(session, state=Cancelling())
    assert (await ask(session, run, Cancelled())).brief == ("ACCEPT", ["Cancelled"])


@pytest.mark.parametrize("state", [Pending, Running])
async def test_what_runs_somewhere_is_cancelled_by_its_worker(session, state):
    run = await make_run(session, state=state())
    assert (await ask(session, run, Cancelling())).brief == ("ACCEPT", ["Cancelling"])


@forced
@pytest.mark.parametrize("state", [Scheduled(), Late(), AwaitingRetry()], ids=lambda state: state.name)
async def test_scheduled_run_is_cancelled_at_once(session, state, force: bool):
    run = await make_run(session, state=state)
    answer = await ask(session, run, Cancelling(message="why"), force=force)
    assert answer.brief == ("REJECT", ["Cancelled"])
    assert answer.state.message == "why"
    assert run.end_time == run.state_timestamp


async def test_scheduled_run_with_a_process_is_cancelled_by_its_worker(session):
    run = await make_run(session, state=AwaitingRetry(), infrastructure_pid="123")
    assert (await ask(session, run, Cancelling())).brief == ("ACCEPT", ["Cancelling"])


@pytest.mark.parametrize("pid", [None, "123"])
async def test_run_that_resumes_has_no_process(session, pid: str | None):
    run = await make_run(session, state=Scheduled(name="Resuming"), infrastructure_pid=pid)
    assert (await ask(session, run, Cancelling())).brief == ("REJECT", ["Cancelled"])


@forced
async def test_suspended_run_is_cancelled_at_once(session, force: bool):
    run = await make_run(session, state=Paused(name="Suspended", state_details=SUSPENDED))
    assert (await ask(session, run, Cancelling(), force=force)).brief == ("REJECT", ["Cancelled"])


async def test_paused_run_has_a_process(session):
    run = await make_run(session, state=Paused())
    assert (await ask(session, run, Cancelling())).brief == ("ACCEPT", ["Cancelling"])


async def test_cancelling_may_be_forced_away(session):
    run = await make_run(session, state=Cancelling())
    assert (await ask(session, run, Running(), force=True)).brief == ("ACCEPT", ["Running"])
