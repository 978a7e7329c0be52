"""The time a run is planned for (orchestration.md 1.6 rules 13 and 14)."""

import pytest

from penstock.core.clock import utc_now
from penstock.schemas.states import Late, Pending, Running, Scheduled, StateDetails
from tests.support.factories import ago, make_run
from tests.support.transitions import ask


@pytest.mark.parametrize("state", [Scheduled, Late])
async def test_pending_takes_over_the_time(session, state):
    planned = ago(minutes=1)
    run = await make_run(session, state=state(planned))
    answer = await ask(session, run, Pending())
    assert answer.state.state_details.scheduled_time == planned
    assert run.next_scheduled_start_time is None
    assert run.expected_start_time == planned


async def test_pending_keeps_a_time_of_its_own(session):
    run = await make_run(session, state=Scheduled(ago(minutes=1)))
    own = ago(minutes=7)
    answer = await ask(session, run, Pending(state_details=StateDetails(scheduled_time=own)))
    assert answer.state.state_details.scheduled_time == own


async def test_pending_is_accepted_early_and_running_has_to_wait(session):
    run = await make_run(session, state=Scheduled(ago(seconds=-90)))
    for _ in range(2):
        answer = await ask(session, run, Running())
        assert answer.brief == ("WAIT", [])
        assert 80 <= answer.delay_seconds <= 90
        if run.state_name == "Scheduled":
            assert (await ask(session, run, Pending())).brief == ("ACCEPT", ["Pending"])
    assert run.run_count == 0


@pytest.mark.parametrize("seconds", [-0.3, 0, 60])
async def test_less_than_half_a_second_is_no_reason_to_wait(session, seconds: float):
    run = await make_run(session, state=Scheduled(ago(seconds=seconds)))
    assert (await ask(session, run, Running())).brief == ("ACCEPT", ["Running"])


async def test_delay_is_rounded_to_the_nearest_second(session):
    run = await make_run(session, state=Scheduled(ago(seconds=-30.9)))
    before = utc_now()
    answer = await ask(session, run, Running())
    elapsed = (utc_now() - before).total_seconds()
    planned = run.next_scheduled_start_time
    exact = (planned - before).total_seconds()
    assert round(exact - elapsed) <= answer.delay_seconds <= round(exact)


async def test_run_that_has_started_does_not_wait(session):
    run = await make_run(session, state=Running(state_details=StateDetails(scheduled_time=ago(hours=-1))))
    assert (await ask(session, run, Running())).brief == ("ACCEPT", ["Running"])


async def test_waiting_may_be_forced_away(session):
    run = await make_run(session, state=Scheduled(ago(hours=-1)))
    assert (await ask(session, run, Running(), force=True)).brief == ("ACCEPT", ["Running"])
