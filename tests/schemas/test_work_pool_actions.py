from typing import Any
from uuid import uuid4

import pytest

from penstock.schemas.actions import InternalWorkPoolUpdate, WorkPoolCreate, WorkPoolUpdate
from penstock.schemas.core import WorkPool, WorkPoolStorageConfiguration
from penstock.schemas.statuses import WorkPoolStatus
from tests.schemas.errors import reason, refusals

TEMPLATE = {
    "job_configuration": {"command": "{{ command }}"},
    "variables": {"properties": {"command": {"type": "string"}}},
}


def test_a_name_is_enough() -> None:
    pool = WorkPoolCreate(name="p")
    assert (pool.type, pool.base_job_template, pool.is_paused) == ("prefect-agent", {}, False)
    assert pool.concurrency_limit is None
    assert set(pool.storage_configuration.model_dump().values()) == {None}


@pytest.mark.parametrize("model", [WorkPoolCreate, WorkPoolUpdate])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"concurrency_limit": -1}, {"concurrency_limit": "greater_than_equal"}),
        ({"concurrency_limit": 2**31}, {"concurrency_limit": "less_than_equal"}),
        ({"colour": "red"}, {"colour": "extra_forbidden"}),
        ({"status": "READY"}, {"status": "extra_forbidden"}),
        ({"default_queue_id": str(uuid4())}, {"default_queue_id": "extra_forbidden"}),
        (
            {"storage_configuration": {"bucket": "b"}},
            {"storage_configuration.bucket": "extra_forbidden"},
        ),
        ({"base_job_template": {"variables": {}}}, {"base_job_template": "value_error"}),
    ],
)
def test_what_neither_create_nor_update_takes(
    model: type, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    name = {"name": "p"} if model is WorkPoolCreate else {}
    assert refusals(model, **name, **changes) == expected


@pytest.mark.parametrize("limit", [0, 5, None])
def test_limits_may_be_zero_or_absent(limit: int | None) -> None:
    assert WorkPoolCreate(name="p", concurrency_limit=limit).concurrency_limit == limit


def test_storage_is_kept_as_given() -> None:
    block = uuid4()
    storage = {
        "bundle_upload_step": {"step": {"a": 1}},
        "bundle_execution_step": {"step": {"b": 2}},
        "default_result_storage_block_id": str(block),
    }
    pool = WorkPoolCreate.model_validate({"name": "p", "storage_configuration": storage})
    assert pool.storage_configuration.model_dump(mode="json") == storage


@pytest.mark.parametrize("field", ["is_paused", "base_job_template", "storage_configuration"])
def test_null_is_refused_by_name_where_nothing_could_be_stored(field: str) -> None:
    assert refusals(WorkPoolUpdate, **{field: None}) == {field: "value_error"}
    assert "may not be null" in reason(WorkPoolUpdate, **{field: None})


@pytest.mark.parametrize("field", ["name", "type"])
def test_name_and_type_never_change(field: str) -> None:
    assert refusals(WorkPoolUpdate, **{field: "x"}) == {field: "extra_forbidden"}


def test_an_update_knows_what_was_left_out() -> None:
    assert WorkPoolUpdate().set_fields() == {}
    assert WorkPoolUpdate(description=None, concurrency_limit=None).set_fields() == {
        "description": None,
        "concurrency_limit": None,
    }


def test_set_fields_come_in_schema_order() -> None:
    update = WorkPoolUpdate.model_validate({"concurrency_limit": 1, "is_paused": True, "description": "d"})
    assert list(update.set_fields()) == ["description", "is_paused", "concurrency_limit"]


def test_set_fields_keep_objects_whole() -> None:
    storage = WorkPoolUpdate.model_validate({"storage_configuration": {}}).set_fields()[
        "storage_configuration"
    ]
    assert storage == WorkPoolStorageConfiguration()


def test_only_the_internal_update_takes_a_status() -> None:
    assert InternalWorkPoolUpdate(status=WorkPoolStatus.READY).set_fields() == {
        "status": WorkPoolStatus.READY
    }
    assert refusals(InternalWorkPoolUpdate, status=None) == {"status": "value_error"}


def test_a_pool_can_be_made_by_hand_but_not_without_its_queue_on_purpose() -> None:
    pool = WorkPool(name="p", type="process", base_job_template=TEMPLATE)
    assert pool.default_queue_id is None
    assert pool.id.version == 7
    assert "WorkPoolCreate" in reason(WorkPool, name="p", default_queue_id=None)
