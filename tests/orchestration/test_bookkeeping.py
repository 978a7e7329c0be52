"""What every written state does to its run (orchestration.md 1.8)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from penstock.core.clock import utc_now
from penstock.core.errors import ObjectNotFoundError
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import (
    AwaitingRetry,
    Cancelled,
    Completed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
    StateDetails,
)
from penstock.server.orchestration import set_flow_run_state
from tests.support.factories import ago, history, make_run, propose
from tests.support.transitions import TERMINAL_STATES, ask

TICK = timedelta(microseconds=1)


async def test_run_is_what_its_state_says(session):
    run = await make_run(session)
    details = StateDetails(pause_key="k")
    state = Running(name="Busy", message="m", data={"type": "x"}, state_details=details)
    answer = await ask(session, run, state)
    assert (run.state_id, run.state_type, run.state_name) == (state.id, "RUNNING", "Busy")
    assert (run.state_timestamp, run.state_message, run.state_data) == (state.timestamp, "m", {"type": "x"})
    assert answer.state.state_details.pause_key == "k"
    assert run.updated >= state.timestamp


async def test_state_names_its_run_whatever_the_client_said(session):
    run = await make_run(session, parent_task_run_id=uuid4())
    details = StateDetails(flow_run_id=uuid4(), task_run_id=uuid4())
    answer = await ask(session, run, Pending(state_details=details))
    assert answer.state.state_details.flow_run_id == run.id
    assert answer.state.state_details.task_run_id == run.parent_task_run_id
    assert (await history(session, run))[-1].state_details == answer.state.state_details


async def test_life_of_a_run_is_its_history(session):
    run = await make_run(session)
    for state in (
        Pending(),
        Pending(name="Submitting"),
        Running(message="go"),
        Completed(data={"type": "r"}),
    ):
        await ask(session, run, state)
    states = await history(session, run)
    assert [one.name for one in states] == ["Scheduled", "Pending", "Submitting", "Running", "Completed"]
    assert [one.message for one in states] == [None, None, None, "go", None]
    assert states[-1].data == {"type": "r"}
    assert {one.flow_run_id for one in states} == {run.id}


# ── times ─────────────────────────────────────────────────────────────────────────────────────────


async def test_times_of_a_run_are_strictly_ordered(session):
    moment = utc_now()
    run = await make_run(session, state=Scheduled(ago(minutes=1), timestamp=moment))
    for state in (Pending(timestamp=moment), Running(timestamp=moment), Completed(timestamp=ago(hours=1))):
        await ask(session, run, state)
    times = [one.timestamp for one in await history(session, run)]
    assert times == [moment, moment + TICK, moment + 2 * TICK, moment + 3 * TICK]
    assert run.end_time == run.state_timestamp == times[-1]


async def test_start_is_the_first_running_and_is_never_cleared(session):
    run = await make_run(session, deployment_id=uuid4())
    await ask(session, run, Pending())
    assert run.start_time is None
    first = (await ask(session, run, Running())).state
    assert run.start_time == first.timestamp
    for state in (Failed(), Scheduled(ago(seconds=1)), Pending(), Running()):
        await ask(session, run, state)
        assert run.start_time == first.timestamp


@pytest.mark.parametrize("end", TERMINAL_STATES)
async def test_run_that_never_ran_starts_when_it_ends(session, end):
    run = await make_run(session)
    state = (await ask(session, run, end())).state
    assert run.start_time == run.end_time == state.timestamp
    assert run.total_run_time == 0


async def test_end_is_the_first_end_until_the_run_goes_on(session):
    run = await make_run(session, state=Running())
    first = (await ask(session, run, Failed())).state
    assert run.end_time == first.timestamp
    await ask(session, run, Cancelled())
    assert run.end_time == first.timestamp
    await ask(session, run, Running())
    assert run.end_time is None
    last = (await ask(session, run, Completed())).state
    assert run.end_time == last.timestamp


async def test_time_in_running_adds_up(session):
    start = ago(hours=1)
    run = await make_run(session, state=Running(timestamp=start))
    for state, minutes, total in (
        (Running, 1, 1), (Paused, 3, 3), (Running, 10, 3),
        (Completed, 14, 7), (Running, 20, 7), (Failed, 21, 8),
    ):  # fmt: skip
        await propose(session, run, state(timestamp=start + timedelta(minutes=minutes)))
        assert run.total_run_time == pytest.approx(total * 60)


async def test_expected_start_is_set_once(session):
    planned = ago(minutes=5)
    run = await make_run(session, state=Scheduled(planned))
    assert run.expected_start_time == planned
    await ask(session, run, Scheduled(ago(minutes=-5)))
    assert run.expected_start_time == planned
    unplanned = await make_run(session, state=Pending())
    assert unplanned.expected_start_time == unplanned.state_timestamp


async def test_next_start_is_known_only_while_scheduled(session):
    run = await make_run(session, state=Running())
    assert run.next_scheduled_start_time is None
    for state in (Scheduled, AwaitingRetry):
        planned = ago(minutes=-1)
        await ask(session, run, state(planned))
        assert run.next_scheduled_start_time == planned
    await ask(session, run, Pending())
    assert run.next_scheduled_start_time is None


async def test_scheduled_without_a_time_is_due_at_once(session):
    run = await make_run(session, state=Running())
    state = (await ask(session, run, Scheduled())).state
    assert ago(minutes=1) < run.next_scheduled_start_time <= state.timestamp


# ── counts ────────────────────────────────────────────────────────────────────────────────────────


async def test_every_running_counts(session):
    run = await make_run(session)
    counts = []
    for state in (Pending(), Running(), Running(), AwaitingRetry(ago(seconds=1)), Running(), Completed()):
        await ask(session, run, state)
        counts.append(run.run_count)
    assert counts == [0, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("first", [Running, Completed])
async def test_resumed_run_does_not_count_again(session, first):
    run = await make_run(session, state=Pending(), empirical_policy=FlowRunPolicy(resuming=True))
    await ask(session, run, first())
    assert (run.run_count, run.empirical_policy.resuming) == (0, False)
    await ask(session, run, Running())
    assert run.run_count == 1


async def test_refusals_leave_the_books_alone(session):
    run = await make_run(session, state=Running(), empirical_policy=FlowRunPolicy(retry_type="reschedule"))
    await session.refresh(run)
    before = {column.key: getattr(run, column.key) for column in run.__table__.columns}
    assert (await ask(session, run, Pending())).status == "ABORT"
    assert {column.key: getattr(run, column.key) for column in run.__table__.columns} == before


async def test_unknown_run_is_not_found(session):
    with pytest.raises(ObjectNotFoundError, match="Flow run"):
        await set_flow_run_state(session=session, flow_run_id=uuid4(), state=Pending())


# ── creation ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", [Running, Completed, Paused])
async def test_run_may_be_created_in_any_state(session, state):
    run = await make_run(session, state=state())
    (only,) = await history(session, run)
    assert (only.id, only.name) == (run.state_id, state().name)
    assert run.run_count == (1 if state is Running else 0)
    assert (run.end_time is not None) is (state is Completed)


async def test_state_is_not_taken_from_the_other_fields(session):
    claims = {"state_name": "Completed", "run_count": 7, "total_run_time": 9.0, "start_time": utc_now()}
    run = await make_run(session, **claims)
    assert (run.state_name, run.run_count, run.total_run_time, run.start_time) == ("Scheduled", 0, 0, None)


async def test_same_idempotency_key_is_the_same_run(session):
    run = await make_run(session, idempotency_key="k")
    again = await make_run(session, state=Running(), idempotency_key="k")
    assert again is run
    assert [one.name for one in await history(session, run)] == ["Scheduled"]


# ── force ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("present", "proposed"),
    [
        (Pending, Pending), (Running, Pending), (Completed, Pending), (Completed, Running),
        (Failed, Paused), (Cancelled, Scheduled), (Scheduled, Paused),
    ],
)  # fmt: skip
async def test_force_passes_over_the_rules_and_keeps_the_books(session, present, proposed):
    run = await make_run(session, state=present())
    assert (await ask(session, run, proposed())).status in {"ABORT", "REJECT"} or proposed is Running
    run = await make_run(session, state=present())
    assert (await ask(session, run, proposed(), force=True)).brief == ("ACCEPT", [proposed().name])
    assert run.state_type == proposed().type
    assert run.end_time is None
