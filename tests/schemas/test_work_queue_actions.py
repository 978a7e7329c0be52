from typing import Any
from uuid import uuid4

import pytest

from penstock.schemas.actions import WorkerHeartbeat, WorkQueueCreate, WorkQueueUpdate
from penstock.schemas.core import QueueFilter, WorkQueueHealthPolicy, WorkQueueStatusDetail
from tests.schemas.errors import reason, refusals


def test_a_name_is_enough() -> None:
    queue = WorkQueueCreate(name="q")
    assert (queue.description, queue.is_paused, queue.priority) == ("", False, None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"priority": 0}, {"priority": "greater_than"}),
        ({"priority": -1}, {"priority": "greater_than"}),
        ({"priority": 2**31}, {"priority": "less_than_equal"}),
        ({"concurrency_limit": -1}, {"concurrency_limit": "greater_than_equal"}),
        ({"is_paused": None}, {"is_paused": "bool_type"}),
        ({"work_pool_id": str(uuid4())}, {"work_pool_id": "extra_forbidden"}),
    ],
)
@pytest.mark.parametrize("model", [WorkQueueCreate, WorkQueueUpdate])
def test_what_neither_create_nor_update_takes(
    model: type, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    assert refusals(model, name="q", **changes) == expected


@pytest.mark.parametrize("field", ["name", "description", "priority"])
def test_null_is_refused_by_name_where_nothing_could_be_stored(field: str) -> None:
    assert refusals(WorkQueueUpdate, **{field: None}) == {field: "value_error"}
    assert "may not be null" in reason(WorkQueueUpdate, **{field: None})


@pytest.mark.parametrize("name", ["a/b", "50%", "", "a&b", "<", ">"])
def test_a_rename_obeys_the_name_rule(name: str) -> None:
    assert refusals(WorkQueueUpdate, name=name) == {"name": "string_pattern_mismatch"}


def test_null_clears_limit_filter_and_last_poll() -> None:
    cleared = {"concurrency_limit": None, "last_polled": None, "filter": None}
    assert WorkQueueUpdate.model_validate(cleared).set_fields() == cleared


def test_a_filter_of_tags_and_deployments_is_read() -> None:
    deployment = uuid4()
    queue = WorkQueueCreate.model_validate(
        {"name": "q", "filter": {"tags": ["a"], "deployment_ids": [str(deployment)]}}
    )
    assert queue.filter == QueueFilter(tags=["a"], deployment_ids=[deployment])


def test_the_last_poll_is_only_known_to_updates() -> None:
    assert refusals(WorkQueueCreate, name="q", last_polled=None) == {"last_polled": "extra_forbidden"}


@pytest.mark.parametrize(
    ("late", "seconds", "healthy"),
    [(0, 0.0, True), (0, 60.0, True), (0, 60.1, False), (1, 0.0, False), (0, None, False)],
)
def test_health_follows_late_runs_and_polls(late: int, seconds: float | None, healthy: bool) -> None:
    assert WorkQueueHealthPolicy().is_healthy(late, seconds) is healthy


def test_a_policy_without_maximums_is_always_content() -> None:
    policy = WorkQueueHealthPolicy(maximum_late_runs=None, maximum_seconds_since_last_polled=None)
    assert policy.is_healthy(1000, None)


def test_the_status_detail_has_the_shape_of_the_wire() -> None:
    assert WorkQueueStatusDetail(healthy=False).model_dump(mode="json") == {
        "healthy": False,
        "late_runs_count": 0,
        "last_polled": None,
        "health_check_policy": {"maximum_late_runs": 0, "maximum_seconds_since_last_polled": 60},
    }


@pytest.mark.parametrize("name", ["", " ", "\t\n"])
def test_a_heartbeat_needs_a_name(name: str) -> None:
    assert refusals(WorkerHeartbeat, name=name) == {"name": "value_error"}


@pytest.mark.parametrize("interval", [0, -4])
def test_a_heartbeat_interval_is_positive(interval: int) -> None:
    assert refusals(WorkerHeartbeat, name="w", heartbeat_interval_seconds=interval) == {
        "heartbeat_interval_seconds": "greater_than"
    }


def test_a_heartbeat_takes_any_worker_name_and_ignores_what_it_does_not_know() -> None:
    heartbeat = WorkerHeartbeat.model_validate({"name": "a/b", "worker_id": "x"})
    assert heartbeat.model_dump() == {"name": "a/b", "heartbeat_interval_seconds": None}
