from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas import states
from penstock.schemas.actions import StateCreate
from penstock.schemas.states import Scheduled, State, StateDetails
from tests.schemas.errors import refusals

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("state_type", StateType)
def test_a_state_is_named_after_its_type(state_type: StateType) -> None:
    assert State(type=state_type).name == state_type.value.capitalize()
    assert State(type=state_type, name="Mine").name == "Mine"


@pytest.mark.parametrize("state_type", StateType)
def test_exactly_one_predicate_holds(state_type: StateType) -> None:
    state = State(type=state_type, name="Whatever")
    for other in StateType:
        assert getattr(state, f"is_{other.value.lower()}")() is (other is state_type)
    assert state.is_final() is (state_type in TERMINAL_STATES)


@pytest.mark.parametrize(
    ("make", "state_type", "name"),
    [
        ("Scheduled", StateType.SCHEDULED, "Scheduled"),
        ("Late", StateType.SCHEDULED, "Late"),
        ("AwaitingRetry", StateType.SCHEDULED, "AwaitingRetry"),
        ("AwaitingConcurrencySlot", StateType.SCHEDULED, "AwaitingConcurrencySlot"),
        ("Pending", StateType.PENDING, "Pending"),
        ("Running", StateType.RUNNING, "Running"),
        ("Completed", StateType.COMPLETED, "Completed"),
        ("Failed", StateType.FAILED, "Failed"),
        ("Crashed", StateType.CRASHED, "Crashed"),
        ("Cancelled", StateType.CANCELLED, "Cancelled"),
        ("Cancelling", StateType.CANCELLING, "Cancelling"),
        ("Paused", StateType.PAUSED, "Paused"),
    ],
)
def test_short_ways_to_write_states(make: str, state_type: StateType, name: str) -> None:
    state = getattr(states, make)(message="m", data={"x": 1})
    assert (state.type, state.name, state.message, state.data) == (state_type, name, "m", {"x": 1})


def test_states_made_later_sort_later() -> None:
    first, second = State(type=StateType.RUNNING), State(type=StateType.RUNNING)
    assert first.id < second.id
    assert first.timestamp <= second.timestamp


def test_a_scheduled_state_is_due_at_the_time_given_or_now() -> None:
    assert Scheduled(NOON).state_details.scheduled_time == NOON
    assert Scheduled(NOON.replace(tzinfo=None)).state_details.scheduled_time == NOON
    assert Scheduled(state_details={"scheduled_time": NOON}).state_details.scheduled_time == NOON
    state = State(type=StateType.SCHEDULED)
    assert state.state_details.scheduled_time == state.timestamp
    with pytest.raises(ValueError, match="given twice"):
        Scheduled(NOON, state_details=StateDetails(scheduled_time=NOON))


def test_details_of_the_caller_stay_as_they_are() -> None:
    details = StateDetails(pause_key="k")
    assert Scheduled(NOON, state_details=details).state_details.pause_key == "k"
    State(type=StateType.SCHEDULED, state_details=details)
    assert details.scheduled_time is None


def test_other_states_have_no_scheduled_time() -> None:
    assert State(type=StateType.PENDING).state_details.scheduled_time is None


@pytest.mark.parametrize(
    ("data", "stored"),
    [
        (None, False),
        ({"type": "unpersisted"}, False),
        ({"type": "reference"}, True),
        ({"storage_key": "k"}, True),
        ("text", False),
    ],
)
def test_which_data_stands_for_a_stored_result(data: Any, stored: bool) -> None:
    assert State(type=StateType.COMPLETED, data=data).has_stored_result() is stored


def test_details_ignore_the_unknown_and_echo_all_the_rest() -> None:
    details = StateDetails.model_validate({"unknown": 1, "deferred": None})
    assert details.model_dump(mode="json") == {
        "flow_run_id": None,
        "task_run_id": None,
        "child_flow_run_id": None,
        "scheduled_time": None,
        "cache_key": None,
        "cache_expiration": None,
        "deferred": None,
        "untrackable_result": False,
        "pause_timeout": None,
        "pause_reschedule": False,
        "pause_key": None,
        "run_input_keyset": None,
        "refresh_cache": None,
        "retriable": None,
        "transition_id": None,
        "task_parameters_id": None,
        "traceparent": None,
        "deployment_concurrency_lease_id": None,
    }


@pytest.mark.parametrize("field", ["id", "timestamp", "created"])
def test_the_server_gives_id_and_time(field: str) -> None:
    assert refusals(StateCreate, type="RUNNING", **{field: None}) == {field: "extra_forbidden"}


def test_a_proposal_becomes_a_state() -> None:
    transition = uuid4()
    proposal = StateCreate.model_validate(
        {"type": "RUNNING", "message": "m", "data": [1], "state_details": {"transition_id": transition}}
    )
    state = proposal.to_state()
    assert (state.name, state.message, state.data) == ("Running", "m", [1])
    assert state.state_details == proposal.state_details
    assert state.state_details is not proposal.state_details
    assert proposal.to_state().id != state.id


def test_data_that_is_not_kept_is_dropped() -> None:
    assert (
        StateCreate.model_validate({"type": "COMPLETED", "data": {"type": "unpersisted"}}).to_state().data
        is None
    )


def test_a_proposed_schedule_without_a_time_is_due_now() -> None:
    state = StateCreate(type=StateType.SCHEDULED).to_state()
    assert state.state_details.scheduled_time is not None
    assert abs(state.state_details.scheduled_time - state.timestamp) < timedelta(seconds=1)


def test_an_unknown_type_is_refused() -> None:
    assert refusals(StateCreate, type="SLEEPING") == {"type": "enum"}
