from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.schemas.core import CreatedBy
from penstock.schemas.filters import (
    DeploymentFilter,
    FlowFilter,
    FlowRunFilter,
    TaskRunFilter,
    WorkPoolFilter,
    WorkQueueFilter,
)
from penstock.schemas.sorting import FlowRunSort
from penstock.server.database.filters import (
    DeploymentRelations,
    FlowRelations,
    FlowRunRelations,
    deployment_criteria,
    flow_criteria,
    flow_run_criteria,
    flow_run_ordering,
)
from penstock.server.database.orm_models import Deployment, Flow, FlowRun
from tests.models.rows import HOUR, NOON, add_flows, add_pools, add_run, names_where, numbered

ALL = ["done", "late", "new", "run"]


async def add_runs(session: AsyncSession) -> None:
    """Four runs: "done" and "run" of deployments, "late" of another flow, "new" without a state."""
    await add_pools(session)
    await add_flows(session)
    await add_run(
        session,
        41,
        "done",
        deployment_id=numbered(31),
        work_queue_id=numbered(11),
        work_queue_name="High",
        state_type=StateType.COMPLETED,
        state_name="Completed",
        start_time=NOON + HOUR,
        end_time=NOON + 2 * HOUR,
        tags=["a", "b"],
        flow_version="1",
        idempotency_key="k1",
        created_by=CreatedBy(id=numbered(99), type="SCHEDULE", display_value="s"),
    )
    await add_run(
        session,
        42,
        "late",
        flow_id=numbered(22),
        state_name="Late",
        next_scheduled_start_time=NOON,
        expected_start_time=NOON - HOUR,
        tags=["b", "c"],
        parent_task_run_id=numbered(77),
    )
    await add_run(
        session, 43, "new", state_type=None, state_name=None, flow_id=numbered(23), idempotency_key="k2"
    )
    await add_run(
        session,
        44,
        "run",
        deployment_id=numbered(32),
        work_queue_id=numbered(14),
        work_queue_name="default",
        state_type=StateType.RUNNING,
        state_name="Running",
        start_time=NOON,
        next_scheduled_start_time=NOON + HOUR,
        created_by=CreatedBy(type="AUTOMATION"),
    )


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ALL),
        ({"id": {"any_": [numbered(41), numbered(42)], "not_any_": [numbered(42)]}}, ["done"]),
        ({"id": {"any_": []}}, []),
        ({"name": {"like_": "E"}}, ["done", "late", "new"]),
        ({"tags": {"any_": ["a", "c"]}}, ["done", "late"]),
        ({"tags": {"all_": ["b", "c"]}}, ["late"]),
        ({"tags": {"is_null_": True}}, ["new", "run"]),
        ({"tags": {"any_": [], "is_null_": True}}, []),
        ({"tags": {"any_": [], "is_null_": True, "operator": "or_"}}, ["new", "run"]),
        ({"deployment_id": {"any_": [numbered(31)]}}, ["done"]),
        ({"deployment_id": {"is_null_": True}}, ["late", "new"]),
        (
            {"deployment_id": {"is_null_": True, "any_": [numbered(31)], "operator": "or_"}},
            ["done", "late", "new"],
        ),
        ({"work_queue_name": {"any_": ["High"]}}, ["done"]),
        ({"work_queue_name": {"is_null_": False}}, ["done", "run"]),
        ({"state": {"type": {"any_": ["RUNNING", "COMPLETED"]}}}, ["done", "run"]),
        ({"state": {"type": {"any_": []}}}, []),
        ({"state": {"type": {"not_any_": ["RUNNING"]}}}, ["done", "late", "new"]),
        ({"state": {"type": {"not_any_": []}}}, ALL),
        ({"state": {"type": {"any_": ["RUNNING", "COMPLETED"], "not_any_": ["RUNNING"]}}}, ["done"]),
        ({"state": {"name": {"any_": ["Late"]}}}, ["late"]),
        ({"state": {"name": {"not_any_": ["Late"]}}}, ["done", "new", "run"]),
        ({"state": {"name": {"any_": ["late"]}}}, []),
        ({"state": {"type": {"any_": ["SCHEDULED"]}, "name": {"any_": ["Running"]}}}, []),
        (
            {"state": {"type": {"any_": ["SCHEDULED"]}, "name": {"any_": ["Running"]}, "operator": "or_"}},
            ["late", "run"],
        ),
        ({"state": {}}, ALL),
        ({"flow_version": {"any_": ["1"]}}, ["done"]),
        ({"start_time": {"before_": NOON - HOUR}}, ["late"]),
        ({"start_time": {"after_": NOON}}, ["done", "new", "run"]),
        ({"start_time": {"after_": NOON, "is_null_": True}}, ["new"]),
        ({"start_time": {"is_null_": False}}, ["done", "run"]),
        ({"end_time": {"is_null_": True}}, ["late", "new", "run"]),
        ({"end_time": {"before_": NOON + 2 * HOUR}}, ["done"]),
        ({"end_time": {"after_": NOON + 3 * HOUR}}, []),
        ({"expected_start_time": {"before_": NOON - HOUR}}, ["late"]),
        ({"expected_start_time": {"after_": NOON}}, ["done", "new", "run"]),
        ({"next_scheduled_start_time": {"after_": NOON, "before_": NOON}}, ["late"]),
        ({"parent_task_run_id": {"any_": [numbered(77)]}}, ["late"]),
        ({"parent_task_run_id": {"is_null_": True}}, ["done", "new", "run"]),
        ({"parent_flow_run_id": {"any_": [numbered(41)]}}, []),
        ({"parent_flow_run_id": {}}, ALL),
        ({"idempotency_key": {"any_": ["k1", "k2"], "not_any_": ["k1"]}}, ["new"]),
        ({"idempotency_key": {"not_any_": ["k1"]}}, ["late", "new", "run"]),
        ({"created_by": {"id_": [numbered(99)]}}, ["done"]),
        ({"created_by": {"type_": ["SCHEDULE", "AUTOMATION"]}}, ["done", "run"]),
        ({"created_by": {"is_null_": True}}, ["late", "new"]),
        ({"created_by": {"id_": []}}, []),
        ({"name": {"any_": ["new"]}, "flow_version": {"any_": ["1"]}}, []),
        ({"name": {"any_": ["new"]}, "flow_version": {"any_": ["1"]}, "operator": "or_"}, ["done", "new"]),
    ],
)
async def test_flow_runs(session: AsyncSession, asked: dict[str, Any], names: list[str]) -> None:
    await add_runs(session)
    condition = flow_run_criteria(FlowRunFilter.model_validate(asked))
    assert await names_where(session, FlowRun, condition) == names


PROCESS_POOLS = WorkPoolFilter.model_validate({"type": {"any_": ["process"]}})
DEFAULT_QUEUES = WorkQueueFilter.model_validate({"name": {"any_": ["default"]}})
ETL = FlowFilter.model_validate({"name": {"any_": ["etl"]}})
TAGGED_C = DeploymentFilter.model_validate({"tags": {"any_": ["c"]}})
BY_FLOW_NAME = DeploymentFilter.model_validate({"flow_or_deployment_name": {"like_": "ETL"}})
RUNNING = FlowRunFilter.model_validate({"state": {"type": {"any_": ["RUNNING"]}}})
SOME_TASK_RUN = TaskRunFilter.model_validate({"name": {"any_": ["t"]}})


@pytest.mark.parametrize(
    ("relations", "names"),
    [
        (FlowRunRelations(), ALL),
        (FlowRunRelations(flows=ETL), ["done", "run"]),
        (FlowRunRelations(deployments=TAGGED_C), ["run"]),
        (FlowRunRelations(deployments=BY_FLOW_NAME), ["done", "run"]),
        (FlowRunRelations(work_pools=PROCESS_POOLS), ["done"]),
        (FlowRunRelations(work_pool_queues=DEFAULT_QUEUES), ["run"]),
        (FlowRunRelations(flows=ETL, work_pool_queues=DEFAULT_QUEUES), ["run"]),
        (FlowRunRelations(work_pools=PROCESS_POOLS, work_pool_queues=DEFAULT_QUEUES), []),
        (FlowRunRelations(task_runs=SOME_TASK_RUN), []),
        (
            FlowRunRelations(
                flows=FlowFilter(),
                deployments=DeploymentFilter(),
                work_pools=WorkPoolFilter(),
                work_pool_queues=WorkQueueFilter(),
                task_runs=TaskRunFilter(),
            ),
            ALL,
        ),
    ],
)
async def test_flow_runs_by_what_they_are_related_to(
    session: AsyncSession, relations: FlowRunRelations, names: list[str]
) -> None:
    await add_runs(session)
    assert await names_where(session, FlowRun, flow_run_criteria(None, relations)) == names


async def test_own_and_related_filters_must_both_hold(session: AsyncSession) -> None:
    await add_runs(session)
    either = FlowRunFilter.model_validate(
        {"operator": "or_", "name": {"any_": ["done"]}, "tags": {"is_null_": True}}
    )
    condition = flow_run_criteria(either, FlowRunRelations(flows=ETL))
    assert await names_where(session, FlowRun, condition) == ["done", "run"]


@pytest.mark.parametrize(
    ("relations", "names"),
    [
        (FlowRelations(), ["Report_100%", "etl", "idle"]),
        (FlowRelations(flow_runs=RUNNING), ["etl"]),
        (FlowRelations(deployments=TAGGED_C), ["etl"]),
        (FlowRelations(deployments=BY_FLOW_NAME), ["etl"]),
        (FlowRelations(work_pools=PROCESS_POOLS), ["etl"]),
        (FlowRelations(task_runs=SOME_TASK_RUN), []),
    ],
)
async def test_flows_by_what_they_are_related_to(
    session: AsyncSession, relations: FlowRelations, names: list[str]
) -> None:
    await add_runs(session)
    assert sorted(await names_where(session, Flow, flow_criteria(None, relations))) == names


@pytest.mark.parametrize(
    ("relations", "names"),
    [
        (DeploymentRelations(), ["hourly", "nightly", "weekly"]),
        (DeploymentRelations(flows=ETL), ["hourly", "nightly"]),
        (DeploymentRelations(flows=FlowFilter.model_validate({"deployment": {"is_null_": True}})), []),
        (DeploymentRelations(flow_runs=RUNNING), ["hourly"]),
        (DeploymentRelations(work_pools=PROCESS_POOLS), ["nightly"]),
        (DeploymentRelations(work_pool_queues=DEFAULT_QUEUES), ["hourly"]),
        (DeploymentRelations(task_runs=SOME_TASK_RUN), []),
    ],
)
async def test_deployments_by_what_they_are_related_to(
    session: AsyncSession, relations: DeploymentRelations, names: list[str]
) -> None:
    await add_runs(session)
    assert await names_where(session, Deployment, deployment_criteria(None, relations)) == names


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (FlowRunSort.ID_DESC, ["run", "new", "late", "done"]),
        (FlowRunSort.START_TIME_ASC, ["late", "new", "run", "done"]),
        (FlowRunSort.START_TIME_DESC, ["done", "run", "new", "late"]),
        (FlowRunSort.EXPECTED_START_TIME_ASC, ["late", "done", "new", "run"]),
        (FlowRunSort.EXPECTED_START_TIME_DESC, ["run", "new", "done", "late"]),
        (FlowRunSort.NAME_ASC, ["done", "late", "new", "run"]),
        (FlowRunSort.NAME_DESC, ["run", "new", "late", "done"]),
        (FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC, ["late", "run", "done", "new"]),
        (FlowRunSort.END_TIME_DESC, ["done", "run", "new", "late"]),
    ],
)
async def test_orders_of_flow_runs(session: AsyncSession, sort: FlowRunSort, names: list[str]) -> None:
    await add_runs(session)
    assert await names_where(session, FlowRun, sa.true(), flow_run_ordering(sort)) == names


async def test_the_longest_lists_fit_into_one_statement(session: AsyncSession) -> None:
    await add_runs(session)
    ids = [numbered(number) for number in range(1000)]
    texts = [str(number) for number in range(1000)]
    asked = {
        "id": {"any_": ids, "not_any_": ids},
        "tags": {"all_": texts[:100], "any_": texts[:100]},
        "name": {"any_": texts, "like_": "%" * 10_000},
        "state": {"name": {"any_": texts, "not_any_": texts}},
        "idempotency_key": {"any_": texts, "not_any_": texts},
        "created_by": {"id_": ids, "type_": texts},
        "operator": "or_",
    }
    queues = WorkQueueFilter.model_validate({"name": {"startswith_": ["_" * 10_000] * 100}})
    condition = flow_run_criteria(
        FlowRunFilter.model_validate(asked), FlowRunRelations(work_pool_queues=queues)
    )
    assert await names_where(session, FlowRun, condition) == []
