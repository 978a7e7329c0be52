from typing import Any
from uuid import uuid4

import pytest

from penstock.schemas.actions import (
    LARGEST_PARAMETERS_BYTES,
    DeploymentCreate,
    DeploymentFlowRunCreate,
    DeploymentUpdate,
)
from penstock.schemas.core import ConcurrencyLimitStrategy, ConcurrencyOptions
from tests.schemas.errors import reason, refusals

FLOW_ID = str(uuid4())

AS_A_CLIENT_SENDS_IT = {
    "name": "yml",
    "flow_id": FLOW_ID,
    "paused": False,
    "schedules": [
        {
            "schedule": {"cron": "*/30 * * * *", "timezone": "UTC", "day_or": True},
            "active": True,
            "max_scheduled_runs": None,
            "parameters": {},
            "slug": None,
            "replaces": None,
        }
    ],
    "concurrency_limit": 3,
    "concurrency_options": {"collision_strategy": "CANCEL_NEW"},
    "enforce_parameter_schema": True,
    "parameter_openapi_schema": {"title": "Parameters", "type": "object", "properties": {}},
    "parameters": {"n": 1},
    "tags": ["y"],
    "labels": {},
    "pull_steps": [{"set_working_directory": {"directory": "/srv"}}],
    "work_queue_name": "q1",
    "work_pool_name": "p1",
    "storage_document_id": None,
    "infrastructure_document_id": None,
    "description": "None",
    "path": None,
    "entrypoint": "flows.py:main_flow",
    "job_variables": {},
    "version": "1",
    "version_info": {"type": "prefect:simple", "version": "1", "branch": "main"},
}


def test_a_body_of_a_client_is_read() -> None:
    deployment = DeploymentCreate.model_validate(AS_A_CLIENT_SENDS_IT)
    assert deployment.concurrency_options == ConcurrencyOptions(
        collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
    )
    assert list(deployment.set_fields()) == [
        name for name in DeploymentCreate.model_fields if name in AS_A_CLIENT_SENDS_IT
    ]


@pytest.mark.parametrize(
    "key", ["worker_pool_queue_id", "worker_pool_name", "worker_pool_queue_name", "work_pool_queue_name"]
)
def test_obsolete_keys_are_dropped(key: str) -> None:
    deployment = DeploymentCreate.model_validate({"name": "d", "flow_id": FLOW_ID, key: "x"})
    assert set(deployment.set_fields()) == {"name", "flow_id"}


@pytest.mark.parametrize("key", ["branch", "base", "root", "colour"])
def test_other_keys_are_refused(key: str) -> None:
    assert refusals(DeploymentCreate, name="d", flow_id=FLOW_ID, **{key: "x"}) == {key: "extra_forbidden"}


@pytest.mark.parametrize("model", [DeploymentCreate, DeploymentUpdate])
@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"concurrency_limit": 0}, "concurrency_limit"),
        ({"concurrency_limit": 1, "global_concurrency_limit_id": str(uuid4())}, ""),
        ({"concurrency_options": {"collision_strategy": "PUSH"}}, "concurrency_options.collision_strategy"),
        (
            {"concurrency_options": {"collision_strategy": "ENQUEUE", "grace_period_seconds": 59}},
            "concurrency_options.grace_period_seconds",
        ),
        ({"paused": None}, "paused"),
        ({"tags": None}, "tags"),
        ({"parameters": {"x": "y" * LARGEST_PARAMETERS_BYTES}}, "parameters"),
    ],
)
def test_what_neither_create_nor_update_takes(model: type, changes: dict[str, Any], place: str) -> None:
    whole = {"name": "d", "flow_id": FLOW_ID} if model is DeploymentCreate else {}
    assert set(refusals(model, **whole, **changes)) == {place}


def test_parameters_may_fill_their_limit_exactly() -> None:
    filling = {"x": "y" * (LARGEST_PARAMETERS_BYTES - len('{"x":""}'))}
    assert DeploymentUpdate(parameters=filling).parameters == filling
    too_much = {"x": filling["x"] + "y"}
    assert "at most 524288" in reason(DeploymentUpdate, parameters=too_much)


def test_one_of_two_limits_may_be_null() -> None:
    limit = uuid4()
    update = DeploymentUpdate(concurrency_limit=None, global_concurrency_limit_id=limit)
    assert update.set_fields() == {"concurrency_limit": None, "global_concurrency_limit_id": limit}


def test_null_leaves_alone_what_can_not_be_null() -> None:
    nulls = dict.fromkeys(["parameters", "job_variables", "enforce_parameter_schema", "schedules"])
    assert DeploymentUpdate.model_validate(nulls).set_fields() == {}


def test_null_clears_the_rest() -> None:
    nulls = dict.fromkeys(["description", "version", "work_pool_name", "work_queue_name", "pull_steps"])
    assert DeploymentUpdate.model_validate(nulls).set_fields() == nulls


def test_pausing_says_nothing_about_anything_else() -> None:
    assert DeploymentUpdate(paused=True).set_fields() == {"paused": True}


def test_a_run_can_be_asked_for_with_an_empty_body_or_a_full_one() -> None:
    assert DeploymentFlowRunCreate().set_fields() == {}
    run = DeploymentFlowRunCreate.model_validate(
        {
            "state": {
                "type": "SCHEDULED",
                "name": "Scheduled",
                "message": None,
                "state_details": {"scheduled_time": "2026-11-24T09:11:37.948472Z", "traceparent": None},
                "data": None,
            },
            "name": None,
            "parameters": {"seconds": 25},
            "context": {},
            "tags": [],
            "idempotency_key": None,
            "parent_task_run_id": None,
            "job_variables": {},
            "labels": {},
        }
    )
    assert run.state is not None
    assert run.name is None
    assert refusals(DeploymentFlowRunCreate, flow_id=FLOW_ID) == {"flow_id": "extra_forbidden"}
