import inspect

import pytest
from pydantic import BaseModel

from penstock.schemas import filters, sorting, statuses
from penstock.schemas.filters import FlowRunFilter, LogFilter, Operator, WorkerFilter, WorkPoolFilter
from tests.schemas.errors import refusals

ALL = [member for _, member in inspect.getmembers(filters, inspect.isclass) if issubclass(member, BaseModel)]


@pytest.mark.parametrize("model", ALL)
def test_no_filter_takes_an_unknown_key(model: type[BaseModel]) -> None:
    given = {"query": "x"} if "query" in model.model_fields else {}
    assert refusals(model, **given, colour="red") == {"colour": "extra_forbidden"}


@pytest.mark.parametrize("model", [model for model in ALL if "query" not in model.model_fields])
def test_every_criterion_may_be_null(model: type[BaseModel]) -> None:
    model.model_validate({name: None for name in model.model_fields if name != "operator"})


@pytest.mark.parametrize("name", filters.__all__)
def test_nested_filters_are_named_after_their_field(name: str) -> None:
    assert hasattr(filters, name)


@pytest.mark.parametrize(
    ("outer", "fields"),
    [
        ("WorkPoolFilter", {"id": "Id", "name": "Name", "type": "Type"}),
        ("WorkQueueFilter", {"id": "Id", "name": "Name"}),
        ("WorkerFilter", {"last_heartbeat_time": "LastHeartbeatTime", "status": "Status"}),
        ("FlowFilter", {"id": "Id", "name": "Name", "tags": "Tags", "deployment": "Deployment"}),
        ("LogFilter", {"level": "Level", "timestamp": "Timestamp", "flow_run_id": "FlowRunId"}),
    ],
)
def test_family_names(outer: str, fields: dict[str, str]) -> None:
    for field, suffix in fields.items():
        nested = getattr(filters, outer + suffix)
        assert nested in getattr(filters, outer).model_fields[field].annotation.__args__


def test_criteria_are_joined_by_and_unless_told_otherwise() -> None:
    assert WorkPoolFilter().operator is Operator.and_
    assert WorkPoolFilter.model_validate({"operator": "or_"}).operator is Operator.or_
    assert refusals(WorkPoolFilter, operator="xor_") == {"operator": "enum"}


@pytest.mark.parametrize(
    ("model", "given", "place"),
    [
        (WorkPoolFilter, {"id": {"any_": ["x"]}}, "id.any_.0"),
        (WorkPoolFilter, {"name": {"any_": ["a\0"]}}, "name.any_.0"),
        (WorkerFilter, {"status": {"any_": ["ASLEEP"]}}, "status.any_.0"),
        (FlowRunFilter, {"state": {"type": {"any_": ["SLEEPING"]}}}, "state.type.any_.0"),
        (FlowRunFilter, {"start_time": {"before_": "soon"}}, "start_time.before_"),
        (LogFilter, {"level": {"ge_": 100_000}}, "level.ge_"),
        (LogFilter, {"text": {"query": "x" * 201}}, "text.query"),
        (WorkPoolFilter, {"name": {"any_": ["x"] * 1001}}, "name.any_"),
        (FlowRunFilter, {"tags": {"all_": ["x"] * 101}}, "tags.all_"),
        (FlowRunFilter, {"name": {"like_": "x" * 10_001}}, "name.like_"),
    ],
)
def test_values_are_checked_at_their_place(
    model: type[BaseModel], given: dict[str, object], place: str
) -> None:
    assert set(refusals(model, **given)) == {place}


def test_times_with_a_space_are_read() -> None:
    flow_run_filter = FlowRunFilter.model_validate(
        {"expected_start_time": {"after_": "2026-11-24 09:09:29.115449+00:00"}}
    )
    assert flow_run_filter.expected_start_time is not None
    earliest, latest = flow_run_filter.expected_start_time.bounds()
    assert earliest is not None
    assert latest is None


def test_orders_are_those_of_the_wire() -> None:
    assert [order.value for order in sorting.FlowRunSort] == [
        "ID_DESC",
        "START_TIME_ASC",
        "START_TIME_DESC",
        "EXPECTED_START_TIME_ASC",
        "EXPECTED_START_TIME_DESC",
        "NAME_ASC",
        "NAME_DESC",
        "NEXT_SCHEDULED_START_TIME_ASC",
        "END_TIME_DESC",
    ]
    assert set(sorting.FlowRunSort) - {"START_TIME_ASC", "START_TIME_DESC"} == set(sorting.TaskRunSort)
    assert list(sorting.FlowSort) == list(sorting.DeploymentSort)
    assert list(sorting.LogSort) == ["TIMESTAMP_ASC", "TIMESTAMP_DESC"]


def test_statuses_have_a_form_for_event_names() -> None:
    assert statuses.WorkPoolStatus.NOT_READY.in_kebab_case() == "not-ready"
    assert statuses.WorkQueueStatus.PAUSED.in_kebab_case() == "paused"
    assert statuses.WorkerStatus.ONLINE.in_kebab_case() == "online"
    assert list(statuses.DeploymentStatus) == ["READY", "NOT_READY"]
