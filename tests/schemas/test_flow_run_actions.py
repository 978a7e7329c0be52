from typing import Any
from uuid import uuid4

import pytest

from penstock.schemas.actions import FlowRunCreate, FlowRunUpdate, LogCreate
from penstock.schemas.core import FlowRun, FlowRunPolicy
from penstock.schemas.states import Pending
from tests.schemas.errors import refusals


def test_a_subflow_as_a_client_asks_for_it() -> None:
    run = FlowRunCreate.model_validate(
        {
            "state": {"type": "PENDING", "name": "Pending", "state_details": {"traceparent": None}},
            "name": None,
            "flow_id": str(uuid4()),
            "flow_version": "1",
            "parameters": {"x": 41},
            "context": {},
            "parent_task_run_id": str(uuid4()),
            "empirical_policy": {"retries": 0, "retry_delay": 0},
            "tags": [],
        }
    )
    assert run.empirical_policy.retries == 0
    assert run.job_variables is None


@pytest.mark.parametrize("field", ["name", "parameters", "empirical_policy", "tags"])
def test_null_is_refused_by_name_where_nothing_could_be_stored(field: str) -> None:
    assert refusals(FlowRunUpdate, **{field: None}) == {field: "value_error"}


def test_null_clears_the_rest() -> None:
    nulls = dict.fromkeys(["flow_version", "infrastructure_pid", "job_variables"])
    assert FlowRunUpdate.model_validate(nulls).set_fields() == nulls


def test_a_run_made_by_hand_has_two_random_words_for_a_name() -> None:
    run = FlowRun(flow_id=uuid4(), state=Pending())
    assert len(run.name.split("-")) == 2
    assert FlowRun(flow_id=uuid4(), name="mine").name == "mine"


@pytest.mark.parametrize(
    ("given", "retries", "delay"),
    [
        ({}, None, None),
        ({"max_retries": 0, "retry_delay_seconds": 0}, None, None),
        ({"max_retries": 3, "retry_delay_seconds": 2.7}, 3, 2),
        ({"max_retries": 3, "retries": 1, "retry_delay_seconds": 5, "retry_delay": 0}, 1, 0),
    ],
)
def test_old_names_of_retries_fill_the_new_ones(
    given: dict[str, Any], retries: int | None, delay: int | None
) -> None:
    policy = FlowRunPolicy.model_validate(given)
    assert (policy.retries, policy.retry_delay) == (retries, delay)


def test_a_policy_survives_the_way_to_the_database() -> None:
    policy = FlowRunPolicy(retries=2, pause_keys={"b", "a"}, retry_type="reschedule")
    stored = policy.model_dump(mode="json")
    assert stored["pause_keys"] == ["a", "b"]
    assert FlowRunPolicy.model_validate(stored) == policy


@pytest.mark.parametrize(
    ("field", "value"),
    [("retries", -1), ("retry_delay", 2**31), ("retry_delay_seconds", float("inf")), ("retry_type", "never")],
)
def test_a_policy_can_be_carried_out(field: str, value: Any) -> None:
    assert set(refusals(FlowRunPolicy, **{field: value})) == {field}


LOG = {"name": "n", "level": 20, "message": "m", "timestamp": "2026-11-24T09:08:31.166689Z"}


def test_nul_characters_are_taken_out_of_logs() -> None:
    log = LogCreate.model_validate({**LOG, "name": "a\0b", "message": "\0ç\0"})
    assert (log.name, log.message) == ("ab", "ç")


def test_half_a_surrogate_pair_does_not_lose_a_log() -> None:
    assert LogCreate.model_validate({**LOG, "message": "a\ud800b"}).message == "a?b"


def test_the_worker_of_a_log_is_ignored_and_nothing_else() -> None:
    assert LogCreate.model_validate({**LOG, "worker_id": str(uuid4())}).level == 20
    assert refusals(LogCreate, **LOG, colour="red") == {"colour": "extra_forbidden"}


@pytest.mark.parametrize("field", ["name", "level", "message", "timestamp"])
def test_a_log_needs_its_parts(field: str) -> None:
    rest = {key: value for key, value in LOG.items() if key != field}
    assert refusals(LogCreate, **rest) == {field: "missing"}


def test_levels_fit_the_column() -> None:
    assert refusals(LogCreate, **{**LOG, "level": 40_000}) == {"level": "less_than_equal"}
