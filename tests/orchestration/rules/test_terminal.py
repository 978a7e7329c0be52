"""Leaving a final state (orchestration.md 1.6.1)."""

from uuid import uuid4

import pytest

from penstock.core.states import StateType
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import (
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
)
from tests.support.factories import make_run
from tests.support.transitions import TERMINAL_STATES, ask

STORED = {"type": "reference", "key": "k"}
USED_POLICY = FlowRunPolicy(retries=3, resuming=True, pause_keys={"k"}, retry_type="in_process")

ended = pytest.mark.parametrize("end", TERMINAL_STATES)


@ended
@pytest.mark.parametrize("late", [Cancelling, Paused, Crashed])
async def test_late_report_is_ignored(session, end, late):
    run = await make_run(session, state=end())
    answer = await ask(session, run, late())
    assert answer.brief == ("ABORT", [])
    assert end().name in answer.reason


@ended
@pytest.mark.parametrize("name", ["Pending", "Submitting"])
async def test_stale_handout_is_refused(session, end, name: str):
    run = await make_run(session, state=end(), deployment_id=uuid4())
    assert (await ask(session, run, Pending(name=name))).brief == ("ABORT", [])


@ended
async def test_run_with_a_deployment_may_be_scheduled_again(session, end):
    run = await make_run(session, state=end(), deployment_id=uuid4(), empirical_policy=USED_POLICY)
    assert (await ask(session, run, Scheduled())).brief == ("ACCEPT", ["Scheduled"])
    policy = run.empirical_policy
    assert (policy.resuming, policy.pause_keys, policy.retry_type) == (False, set(), "reschedule")
    assert policy.retries == 3
    # and then taken
    assert (await ask(session, run, Pending())).brief == ("ACCEPT", ["Pending"])


@ended
async def test_run_without_a_deployment_is_not_scheduled_again(session, end):
    run = await make_run(session, state=end())
    assert (await ask(session, run, Scheduled())).brief == ("ABORT", [])


@ended
async def test_process_may_run_it_again_itself(session, end):
    run = await make_run(session, state=end(), empirical_policy=USED_POLICY)
    assert (await ask(session, run, Running())).brief == ("ACCEPT", ["Running"])
    policy = run.empirical_policy
    assert (policy.resuming, policy.pause_keys, policy.retry_type) == (False, set(), None)
    assert run.end_time is None


@ended
@pytest.mark.parametrize("other", [one for one in TERMINAL_STATES if one is not Crashed])
async def test_one_end_may_be_corrected_to_another(session, end, other):
    run = await make_run(session, state=end(), empirical_policy=USED_POLICY)
    assert (await ask(session, run, other())).brief == ("ACCEPT", [other().name])
    assert run.empirical_policy.retry_type == "in_process"


# ── stored results ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("again", [Running, Scheduled, Pending])
async def test_stored_result_keeps_the_run_completed(session, again):
    run = await make_run(session, state=Completed(data=STORED), deployment_id=uuid4())
    answer = await ask(session, run, again())
    assert answer.brief == ("REJECT", [])
    assert answer.state.data == STORED


@pytest.mark.parametrize("late", [Cancelling, Paused, Crashed])
async def test_late_report_about_a_stored_result_is_ignored_too(session, late):
    run = await make_run(session, state=Completed(data=STORED))
    assert (await ask(session, run, late())).brief == ("ABORT", [])


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("data", [None, {"type": "unpersisted"}, "text"])
async def test_stored_result_is_not_dropped_even_by_force(session, force: bool, data):
    run = await make_run(session, state=Completed(data=STORED))
    answer = await ask(session, run, Completed(data=data), force=force)
    assert answer.brief == ("REJECT", [])
    assert answer.state.data == STORED


@pytest.mark.parametrize("force", [False, True])
async def test_stored_result_may_be_replaced_by_another(session, force: bool):
    run = await make_run(session, state=Completed(data=STORED))
    answer = await ask(session, run, Completed(data={"type": "reference", "key": "new"}), force=force)
    assert answer.brief == ("ACCEPT", ["Completed"])
    assert answer.state.data["key"] == "new"


@pytest.mark.parametrize("data", [None, {"type": "unpersisted", "x": 1}])
async def test_result_that_was_not_stored_holds_nothing_back(session, data):
    run = await make_run(session, state=Completed(data=data))
    assert run.state.data is None
    assert (await ask(session, run, Running())).brief == ("ACCEPT", ["Running"])


async def test_data_of_other_ends_holds_nothing_back(session):
    run = await make_run(session, state=Failed(data=STORED), deployment_id=uuid4())
    assert (await ask(session, run, Scheduled())).brief == ("ACCEPT", ["Scheduled"])
    assert run.state_type is StateType.SCHEDULED
