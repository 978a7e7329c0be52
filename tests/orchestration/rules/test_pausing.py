"""Pausing (orchestration.md 1.7)."""

from uuid import uuid4

import pytest

from penstock.schemas.states import Paused, Pending, Running, Scheduled, StateDetails
from tests.support.factories import make_run
from tests.support.transitions import ask

SUSPENDED = StateDetails(pause_reschedule=True)


async def test_running_run_pauses(session):
    run = await make_run(session, state=Running())
    assert (await ask(session, run, Paused())).brief == ("ACCEPT", ["Paused"])
    assert run.total_run_time > 0


@pytest.mark.parametrize("state", [Scheduled, Pending, Paused])
async def test_only_a_running_run_pauses(session, state):
    run = await make_run(session, state=state())
    assert (await ask(session, run, Paused())).brief == ("REJECT", [])


async def test_run_without_a_state_does_not_pause(session):
    run = await make_run(session, without_state=True)
    assert (await ask(session, run, Paused())).brief == ("ABORT", [])


async def test_suspending_needs_a_deployment_and_no_parent(session):
    for fields, brief in (
        ({"deployment_id": uuid4()}, ("ACCEPT", ["Suspended"])),
        ({}, ("ABORT", [])),
        ({"deployment_id": uuid4(), "parent_task_run_id": uuid4()}, ("ABORT", [])),
    ):
        run = await make_run(session, state=Running(), **fields)
        answer = await ask(session, run, Paused(name="Suspended", state_details=SUSPENDED))
        assert answer.brief == brief
