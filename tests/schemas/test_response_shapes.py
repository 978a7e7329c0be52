"""Each answer has the keys of the wire, in their order."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from pydantic import TypeAdapter

from penstock.core.states import StateType
from penstock.schemas import core, responses
from penstock.schemas.states import Running, Scheduled, StateDetails
from penstock.schemas.statuses import DeploymentStatus, WorkPoolStatus, WorkQueueStatus
from tests.schemas.errors import reason

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RECORD = {"id": uuid4(), "created": NOON, "updated": NOON}

WORK_POOL = "id created updated name description type base_job_template is_paused concurrency_limit status \
default_queue_id storage_configuration active_slots"
WORK_QUEUE = "id created updated name description is_paused concurrency_limit priority work_pool_id filter \
last_polled work_pool_name status active_slots"
WORKER = "id created updated name work_pool_id last_heartbeat_time heartbeat_interval_seconds status \
draining_since held_runs"
POLLED_RUN = "id created updated name flow_id state_id deployment_id deployment_version work_queue_name \
flow_version parameters idempotency_key context empirical_policy tags labels parent_task_run_id state_type \
state_name run_count expected_start_time next_scheduled_start_time start_time end_time total_run_time \
estimated_run_time estimated_start_time_delta auto_scheduled infrastructure_document_id infrastructure_pid \
created_by work_queue_id state job_variables"
FLOW_RUN = "id created updated name flow_id state_id deployment_id deployment_version work_queue_id \
work_queue_name flow_version parameters idempotency_key context empirical_policy tags labels \
parent_task_run_id state_type state_name run_count expected_start_time next_scheduled_start_time start_time \
end_time total_run_time estimated_run_time estimated_start_time_delta auto_scheduled \
infrastructure_document_id infrastructure_pid created_by work_pool_id work_pool_name state job_variables \
attempt worker_name lease_expires_at \
infra_failures"
DEPLOYMENT = "id created updated name version description flow_id paused schedules concurrency_limit \
global_concurrency_limit concurrency_options job_variables parameters tags labels work_queue_name \
work_queue_id last_polled parameter_openapi_schema path pull_steps entrypoint storage_document_id \
infrastructure_document_id created_by updated_by work_pool_name status enforce_parameter_schema \
infra_retries infra_retry_delay_seconds"
SCHEDULE = "id created updated deployment_id schedule active max_scheduled_runs parameters slug"
STATE = "id type name timestamp message data state_details"
POLICY = "max_retries retry_delay_seconds retries retry_delay pause_keys resuming retry_type"


def wire(answer: Any) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(TypeAdapter(type(answer)).dump_json(answer))
    return written


def pool_row(**changes: Any) -> SimpleNamespace:
    row = {
        **RECORD,
        "name": "p",
        "description": None,
        "type": "process",
        "base_job_template": {},
        "is_paused": False,
        "concurrency_limit": None,
        "status": WorkPoolStatus.READY,
        "default_queue_id": uuid4(),
        "storage_configuration": core.WorkPoolStorageConfiguration(),
    }
    return SimpleNamespace(**{**row, **changes})


def queue_row(**changes: Any) -> SimpleNamespace:
    row = {
        **RECORD,
        "name": "q",
        "description": "",
        "is_paused": False,
        "concurrency_limit": None,
        "priority": 1,
        "work_pool_id": uuid4(),
        "filter": None,
        "last_polled": None,
        "status": WorkQueueStatus.NOT_READY,
    }
    return SimpleNamespace(**{**row, **changes})


def run_row(**changes: Any) -> SimpleNamespace:
    state = Running(timestamp=NOON)
    row = {
        **RECORD,
        **dict.fromkeys(core.FlowRun.model_fields),
        **RECORD,
        "name": "neat-emu",
        "flow_id": uuid4(),
        "parameters": {"n": 2},
        "context": {},
        "empirical_policy": core.FlowRunPolicy(),
        "tags": ["t"],
        "labels": {},
        "auto_scheduled": False,
        "run_count": 1,
        "attempt": 1,
        "worker_name": "w",
        "lease_expires_at": NOON,
        "infra_failures": 0,
        "total_run_time": 1.5,
        "state": state,
        "state_id": state.id,
        "state_type": state.type,
        "state_name": state.name,
        "state_timestamp": state.timestamp,
        "expected_start_time": NOON - timedelta(seconds=30),
        "start_time": NOON,
    }
    return SimpleNamespace(**{**row, **changes})


def deployment_row(**changes: Any) -> SimpleNamespace:
    schedule = SimpleNamespace(
        **RECORD,
        deployment_id=uuid4(),
        schedule={"cron": "5 5 * * *", "timezone": None, "day_or": True},
        active=True,
        max_scheduled_runs=None,
        parameters={},
        slug=None,
    )
    row = {
        **dict.fromkeys(responses.DeploymentResponse.model_fields),
        **RECORD,
        "name": "d",
        "flow_id": uuid4(),
        "paused": False,
        "schedules": [schedule],
        "job_variables": {},
        "parameters": {},
        "tags": [],
        "labels": {},
        "work_queue_name": "old",
        "status": DeploymentStatus.NOT_READY,
        "enforce_parameter_schema": True,
    }
    return SimpleNamespace(**{**row, **changes})


def test_a_work_pool() -> None:
    answer = wire(responses.WorkPoolResponse.from_row(pool_row()))
    assert list(answer) == WORK_POOL.split()
    assert answer["created"] == "2026-11-24T12:00:00.000000Z"
    assert answer["status"] == "READY"
    assert list(answer["storage_configuration"]) == [
        "bundle_upload_step",
        "bundle_execution_step",
        "default_result_storage_block_id",
    ]


def test_agent_pools_tell_no_status() -> None:
    assert responses.WorkPoolResponse.from_row(pool_row(type="prefect-agent")).status is None


@pytest.mark.parametrize(
    ("limit", "slots", "told"), [(None, 3, None), (None, None, None), (5, 3, 3), (5, None, 0), (0, 0, 0)]
)
def test_slots_are_told_only_with_a_limit(limit: int | None, slots: int | None, told: int | None) -> None:
    pool = responses.WorkPoolResponse.from_row(pool_row(concurrency_limit=limit), slots)
    queue = responses.WorkQueueResponse.from_row(queue_row(concurrency_limit=limit), "p", slots)
    assert (pool.active_slots, queue.active_slots) == (told, told)


def test_stored_values_are_not_judged_again() -> None:
    template = {"job_configuration": {"a": "{{ x }}"}, "variables": {}}
    pool = responses.WorkPoolResponse.from_row(pool_row(name="a/b", base_job_template=template))
    assert (pool.name, pool.base_job_template) == ("a/b", template)
    assert responses.WorkQueueResponse.from_row(queue_row(name="50%")).name == "50%"


def test_a_pool_read_without_its_queue_is_refused_with_a_hint() -> None:
    known = wire(responses.WorkPoolResponse.from_row(pool_row()))
    assert responses.WorkPoolResponse.model_validate(known).name == "p"
    assert "WorkPoolCreate" in reason(responses.WorkPoolResponse, **{**known, "default_queue_id": None})


def test_a_work_queue() -> None:
    answer = wire(responses.WorkQueueResponse.from_row(queue_row(), "p"))
    assert list(answer) == WORK_QUEUE.split()
    assert answer["work_pool_name"] == "p"


def test_a_worker_with_the_status_of_its_row() -> None:
    row = SimpleNamespace(
        **RECORD,
        name="w",
        work_pool_id=uuid4(),
        last_heartbeat_time=NOON - timedelta(days=300),
        heartbeat_interval_seconds=None,
        status="ONLINE",
    )
    answer = wire(responses.WorkerResponse.model_validate(row))
    assert list(answer) == WORKER.split()
    assert answer["status"] == "ONLINE"


def test_a_polled_run_has_no_state_and_no_pool() -> None:
    run = core.FlowRun.from_row(run_row(), now=NOON + timedelta(seconds=10))
    answer = wire(responses.WorkerFlowRunResponse(work_pool_id=uuid4(), work_queue_id=uuid4(), flow_run=run))
    assert list(answer) == ["work_pool_id", "work_queue_id", "flow_run"]
    assert list(answer["flow_run"]) == POLLED_RUN.split()
    assert answer["flow_run"]["state"] is None
    assert answer["flow_run"]["state_type"] == "RUNNING"


def test_a_flow_run() -> None:
    pool_id = uuid4()
    run = responses.FlowRunResponse.from_row(
        run_row(), work_pool_id=pool_id, work_pool_name="p", now=NOON + timedelta(seconds=10)
    )
    answer = wire(run)
    assert list(answer) == FLOW_RUN.split()
    assert list(answer["state"]) == STATE.split()
    assert list(answer["empirical_policy"]) == POLICY.split()
    assert answer["work_pool_id"] == str(pool_id)
    assert (answer["total_run_time"], answer["estimated_run_time"]) == (1.5, 11.5)
    assert answer["estimated_start_time_delta"] == 30.0


def test_a_flow_run_is_read_back_as_it_was_written() -> None:
    run = responses.FlowRunResponse.from_row(run_row(), now=NOON)
    assert responses.FlowRunResponse.model_validate_json(run.model_dump_json()) == run


def test_a_claimed_run() -> None:
    run = responses.FlowRunResponse.from_row(run_row(), now=NOON)
    claimed = responses.ClaimedFlowRun(
        work_pool_id=uuid4(),
        work_queue_id=uuid4(),
        flow_run=run,
        attempt=1,
        lease_seconds=90,
        renewal_seconds=15,
    )
    answer = wire(claimed)
    assert list(answer) == [
        "work_pool_id",
        "work_queue_id",
        "flow_run",
        "attempt",
        "lease_seconds",
        "renewal_seconds",
        "waited_seconds",
    ]
    assert answer["flow_run"]["state"]["name"] == "Running"


def test_a_deployment() -> None:
    answer = wire(responses.DeploymentResponse.from_row(deployment_row()))
    assert list(answer) == DEPLOYMENT.split()
    assert list(answer["schedules"][0]) == SCHEDULE.split()
    assert answer["schedules"][0]["schedule"] == {"cron": "5 5 * * *", "timezone": None, "day_or": True}
    assert (answer["work_pool_name"], answer["work_queue_name"]) == (None, "old")


def test_a_deployment_tells_the_present_names_of_its_queue_and_pool() -> None:
    answer = responses.DeploymentResponse.from_row(
        deployment_row(), work_pool_name="p", work_queue_name="new"
    )
    assert (answer.work_pool_name, answer.work_queue_name) == ("p", "new")


def test_a_stored_schedule_is_not_judged_again() -> None:
    row = deployment_row()
    row.schedules[0].schedule = {"cron": "nonsense"}
    assert responses.DeploymentResponse.from_row(row).schedules[0].schedule == {"cron": "nonsense"}


def test_flows_and_logs() -> None:
    assert list(wire(core.Flow(name="f"))) == ["id", "created", "updated", "name", "tags", "labels"]
    log = core.Log(name="n", level=20, message="m", timestamp=NOON)
    assert list(wire(log)) == [
        "id",
        "created",
        "updated",
        "name",
        "level",
        "message",
        "timestamp",
        "flow_run_id",
        "task_run_id",
    ]


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (responses.StateAcceptDetails(), {"type": "accept_details"}),
        (responses.StateRejectDetails(reason="r"), {"type": "reject_details", "reason": "r"}),
        (responses.StateAbortDetails(reason="r"), {"type": "abort_details", "reason": "r"}),
        (
            responses.StateWaitDetails(delay_seconds=1, reason="r"),
            {"type": "wait_details", "delay_seconds": 1, "reason": "r"},
        ),
    ],
)
def test_what_became_of_a_state(details: Any, expected: dict[str, Any]) -> None:
    result = responses.OrchestrationResult(
        state=Scheduled(NOON), status=responses.SetStateStatus.ACCEPT, details=details
    )
    answer = wire(result)
    assert list(answer) == ["state", "status", "details"]
    assert list(answer["state"]["state_details"]) == list(StateDetails.model_fields)
    assert answer["details"] == expected
    assert responses.OrchestrationResult.model_validate(answer) == result
    told = responses.ReportedState(flow_run_id=uuid4(), status_code=201, result=result)
    answers = wire(responses.ReportedStates(results=[told]))
    assert list(answers) == ["results"]
    assert list(answers["results"][0]) == ["flow_run_id", "status_code", "result", "reason"]
    assert answers["results"][0]["result"] == answer


def test_a_holder_of_a_slot() -> None:
    summary = responses.FlowRunSlotSummary.from_row(run_row(), now=NOON + timedelta(seconds=5))
    assert wire(summary)["time_in_current_state"] == 5.0
    without = responses.FlowRunSlotSummary.from_row(run_row(state_timestamp=None))
    assert without.time_in_current_state is None
    assert summary.state_type is StateType.RUNNING


def test_slots_of_pools_and_queues() -> None:
    detail = responses.WorkQueueConcurrencyStatusDetail(queue_id=uuid4(), queue_name="q", active_slots=1)
    paging = {"active_slots": 1, "count": 1, "limit": 200, "pages": 1, "page": 1}
    pool = wire(responses.WorkPoolConcurrencyStatus(queues=[detail], **paging))
    assert list(pool) == ["active_slots", "concurrency_limit", "queues", "count", "limit", "pages", "page"]
    assert list(pool["queues"][0]) == [
        "queue_id",
        "queue_name",
        "active_slots",
        "concurrency_limit",
        "flow_runs",
        "flow_run_count",
    ]
    queue = wire(responses.WorkQueueConcurrencyStatus(**paging))
    assert list(queue) == [
        "active_slots",
        "concurrency_limit",
        "flow_runs",
        "count",
        "limit",
        "pages",
        "page",
    ]


@pytest.mark.parametrize(
    ("count", "limit", "pages"), [(0, 10, 0), (1, 10, 1), (10, 10, 1), (11, 10, 2), (5, 0, 0)]
)
def test_pages(count: int, limit: int, pages: int) -> None:
    assert responses.count_pages(count, limit) == pages
