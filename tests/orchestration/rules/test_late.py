"""Marking a run as late (orchestration.md 1.6 rule 10)."""

import pytest

from penstock.schemas.states import AwaitingRetry, Late, Pending, Scheduled
from tests.support.factories import ago, make_run
from tests.support.transitions import ALL_STATES, ask


@pytest.mark.conformance(221)
@pytest.mark.parametrize("state", [Scheduled, AwaitingRetry])
async def test_scheduled_run_becomes_late_and_keeps_its_time(session, state):
    planned = ago(minutes=1)
    run = await make_run(session, state=state(planned))
    assert (await ask(session, run, Late(planned))).brief == ("ACCEPT", ["Late"])
    assert run.next_scheduled_start_time == run.expected_start_time == planned


@pytest.mark.conformance(221)
async def test_late_run_is_not_late_again(session):
    run = await make_run(session, state=Late())
    answer = await ask(session, run, Late())
    assert answer.brief == ("REJECT", [])
    assert "late already" in answer.reason


@pytest.mark.parametrize("state", [one for one in ALL_STATES if one is not Scheduled])
async def test_only_a_scheduled_run_can_be_late(session, state):
    run = await make_run(session, state=state())
    answer = await ask(session, run, Late())
    assert answer.status in {"REJECT", "ABORT"}
    assert answer.written == []


async def test_run_without_a_state_is_not_late(session):
    run = await make_run(session, without_state=True)
    assert (await ask(session, run, Late())).brief == ("REJECT", [])


async def test_name_is_free_for_other_states(session):
    run = await make_run(session)
    assert (await ask(session, run, Pending(name="Late"))).brief == ("ACCEPT", ["Late"])
