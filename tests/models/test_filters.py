from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.schemas.filters import (
    DeploymentFilter,
    FlowFilter,
    LogFilter,
    WorkerFilter,
    WorkPoolFilter,
    WorkQueueFilter,
)
from penstock.schemas.sorting import DeploymentSort, FlowSort, LogSort
from penstock.server.database.filters import (
    deployment_criteria,
    deployment_ordering,
    flow_criteria,
    flow_ordering,
    log_criteria,
    log_ordering,
    work_pool_criteria,
    work_queue_criteria,
    worker_criteria,
)
from penstock.server.database.orm_models import Deployment, Flow, Log, Worker, WorkPool, WorkQueue
from tests.models.rows import HOUR, NOON, add_flows, add_pools, names_where, numbered

PROCESS = {"type": {"any_": ["process"]}}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["Alpha", "Beta", "beta"]),
        ({"name": {}}, ["Alpha", "Beta", "beta"]),
        ({"name": {"any_": ["beta"]}}, ["beta"]),
        ({"name": {"any_": []}}, []),
        ({"id": {"any_": []}}, []),
        ({"type": {"any_": []}}, []),
        ({"id": {"any_": [numbered(1), numbered(2)]}}, ["Alpha", "beta"]),
        (PROCESS, ["Alpha", "Beta"]),
        ({**PROCESS, "name": {"any_": ["Alpha", "beta"]}}, ["Alpha"]),
        ({**PROCESS, "name": {"any_": ["beta"]}, "operator": "or_"}, ["Alpha", "Beta", "beta"]),
        ({"operator": "or_"}, ["Alpha", "Beta", "beta"]),
        ({"name": {"any_": ["Al%", "_eta"]}}, []),
    ],
)
async def test_work_pools(session: AsyncSession, asked: dict[str, Any], names: list[str]) -> None:
    await add_pools(session)
    condition = work_pool_criteria(WorkPoolFilter.model_validate(asked))
    assert await names_where(session, WorkPool, condition) == names


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["10_0", "High", "default", "high-2"]),
        ({"name": {"startswith_": ["HI"]}}, ["High", "high-2"]),
        ({"name": {"startswith_": ["high-", "DEF"]}}, ["default", "high-2"]),
        ({"name": {"startswith_": []}}, ["10_0", "High", "default", "high-2"]),
        ({"name": {"startswith_": ["%"]}}, []),
        ({"name": {"startswith_": ["10_"]}}, ["10_0"]),
        ({"name": {"startswith_": ["_"]}}, []),
        ({"name": {"startswith_": ["hi"], "any_": ["High", "default"]}}, ["High"]),
        ({"name": {"startswith_": ["igh"]}}, []),
        ({"id": {"any_": [numbered(14)]}}, ["default"]),
        (
            {"id": {"any_": [numbered(14)]}, "name": {"any_": ["High"]}, "operator": "or_"},
            ["High", "default"],
        ),
    ],
)
async def test_work_queues(session: AsyncSession, asked: dict[str, Any], names: list[str]) -> None:
    await add_pools(session)
    condition = work_queue_criteria(WorkQueueFilter.model_validate(asked))
    assert await names_where(session, WorkQueue, condition) == sorted(names)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["fresh", "silent"]),
        ({"status": {"any_": ["ONLINE"]}}, ["fresh"]),
        ({"status": {"any_": ["OFFLINE"]}}, ["silent"]),
        ({"status": {"any_": []}}, []),
        ({"status": {"not_any_": ["ONLINE"]}}, ["silent"]),
        ({"status": {"not_any_": []}}, ["fresh", "silent"]),
        ({"status": {"any_": ["ONLINE"], "not_any_": ["ONLINE"]}}, []),
    ],
)
async def test_workers_by_status(session: AsyncSession, asked: dict[str, Any], names: list[str]) -> None:
    await add_pools(session)
    for name, age in (("fresh", timedelta()), ("silent", HOUR)):
        session.add(Worker(name=name, work_pool_id=numbered(1), last_heartbeat_time=utc_now() - age))
    await session.flush()
    condition = worker_criteria(WorkerFilter.model_validate(asked))
    assert await names_where(session, Worker, condition) == names


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"before_": NOON}, ["at eleven", "at noon"]),
        ({"after_": NOON}, ["at noon", "at one"]),
        ({"before_": NOON, "after_": NOON}, ["at noon"]),
        ({"after_": NOON + 2 * HOUR}, []),
        ({}, ["at eleven", "at noon", "at one"]),
    ],
)
async def test_times_include_both_ends(
    session: AsyncSession, asked: dict[str, Any], names: list[str]
) -> None:
    await add_pools(session)
    for name, time in (("at eleven", NOON - HOUR), ("at noon", NOON), ("at one", NOON + HOUR)):
        session.add(Worker(name=name, work_pool_id=numbered(1), last_heartbeat_time=time))
    await session.flush()
    condition = worker_criteria(WorkerFilter.model_validate({"last_heartbeat_time": asked}))
    assert await names_where(session, Worker, condition) == names


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["Report_100%", "etl", "idle"]),
        ({"id": {"any_": [numbered(21)], "not_any_": [numbered(21)]}}, []),
        ({"id": {"not_any_": [numbered(21)]}}, ["Report_100%", "idle"]),
        ({"name": {"like_": "REPORT"}}, ["Report_100%"]),
        ({"name": {"like_": "%"}}, ["Report_100%"]),
        ({"name": {"like_": "_1"}}, ["Report_100%"]),
        ({"name": {"like_": "t_"}}, ["Report_100%"]),
        ({"name": {"like_": "e_l"}}, []),
        ({"name": {"like_": ""}}, ["Report_100%", "etl", "idle"]),
        ({"name": {"like_": "l", "any_": ["etl", "Report_100%"]}}, ["etl"]),
        ({"tags": {"all_": ["a", "b"]}}, ["etl"]),
        ({"tags": {"all_": ["b"]}}, ["Report_100%", "etl"]),
        ({"tags": {"all_": []}}, ["Report_100%", "etl", "idle"]),
        ({"tags": {"all_": ["A"]}}, []),
        ({"tags": {"is_null_": True}}, ["idle"]),
        ({"tags": {"is_null_": False}}, ["Report_100%", "etl"]),
        ({"tags": {"is_null_": True, "all_": ["a"], "operator": "or_"}}, ["etl", "idle"]),
        ({"deployment": {"is_null_": True}}, ["idle"]),
        ({"deployment": {"is_null_": False}}, ["Report_100%", "etl"]),
        ({"deployment": {}}, ["Report_100%", "etl", "idle"]),
    ],
)
async def test_flows(session: AsyncSession, asked: dict[str, Any], names: list[str]) -> None:
    await add_pools(session)
    await add_flows(session)
    condition = flow_criteria(FlowFilter.model_validate(asked))
    assert sorted(await names_where(session, Flow, condition)) == names


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["hourly", "nightly", "weekly"]),
        ({"id": {"any_": [numbered(31)]}}, ["nightly"]),
        ({"paused": {"eq_": True}}, ["hourly"]),
        ({"paused": {"eq_": False}}, ["nightly", "weekly"]),
        ({"flow_or_deployment_name": {"like_": "REPORT"}}, ["weekly"]),
        ({"flow_or_deployment_name": {"like_": "ETL"}}, ["hourly", "nightly"]),
        ({"flow_or_deployment_name": {"like_": "Week"}}, ["weekly"]),
        ({"flow_or_deployment_name": {}}, ["hourly", "nightly", "weekly"]),
        ({"tags": {"any_": ["a", "c"]}}, ["hourly", "nightly"]),
        ({"tags": {"any_": ["a", "x"], "all_": ["b"]}}, ["nightly"]),
        ({"tags": {"any_": []}}, []),
        ({"work_queue_name": {"any_": ["High"]}}, ["nightly"]),
        ({"work_queue_name": {"any_": ["stale name"]}}, []),
        ({"work_queue_name": {"any_": ["gone"]}}, ["weekly"]),
        ({"concurrency_limit": {"ge_": 5}}, ["hourly", "nightly", "weekly"]),
    ],
)
async def test_deployments(session: AsyncSession, asked: dict[str, Any], names: list[str]) -> None:
    await add_pools(session)
    await add_flows(session)
    condition = deployment_criteria(DeploymentFilter.model_validate(asked))
    assert await names_where(session, Deployment, condition) == names


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["app", "lib", "other"]),
        ({"level": {"ge_": 30}}, ["lib", "other"]),
        ({"level": {"ge_": 20, "le_": 30}}, ["app", "lib"]),
        ({"timestamp": {"before_": NOON}}, ["app"]),
        ({"timestamp": {"after_": NOON + HOUR}}, ["lib", "other"]),
        ({"flow_run_id": {"any_": [numbered(1)]}}, ["app", "lib"]),
        ({"task_run_id": {"is_null_": True}}, ["app", "other"]),
        ({"task_run_id": {"is_null_": False}}, ["lib"]),
        ({"task_run_id": {"any_": [numbered(9)]}}, ["lib"]),
        ({"text": {"query": "DISK"}}, ["app"]),
        ({"text": {"query": "lib"}}, ["lib"]),
        ({"text": {"query": "disk memory"}}, ["app", "lib"]),
        ({"text": {"query": "full -disk"}}, ["lib"]),
        ({"text": {"query": "full !memory"}}, ["app"]),
        ({"text": {"query": "+full +memory"}}, ["lib"]),
        ({"text": {"query": "+full disk"}}, ["app"]),
        ({"text": {"query": '"disk full"'}}, ["app"]),
        ({"text": {"query": '"full disk"'}}, []),
        ({"text": {"query": '-"disk full"'}}, ["lib", "other"]),
        ({"text": {"query": "100%"}}, ["other"]),
        ({"text": {"query": "%"}}, ["other"]),
        ({"text": {"query": "  "}}, ["app", "lib", "other"]),
    ],
)
async def test_logs(session: AsyncSession, asked: dict[str, Any], names: list[str]) -> None:
    lines = [
        ("app", 20, "Disk full", NOON, 1, None),
        ("lib", 30, "memory FULL", NOON + HOUR, 1, 9),
        ("other", 40, "done: 100%", NOON + HOUR, 2, None),
    ]
    for name, level, message, time, run, task in lines:
        session.add(
            Log(
                name=name,
                level=level,
                message=message,
                timestamp=time,
                flow_run_id=numbered(run),
                task_run_id=numbered(task) if task else None,
            )
        )
    await session.flush()
    assert await names_where(session, Log, log_criteria(LogFilter.model_validate(asked))) == names


async def test_no_filter_asks_nothing(session: AsyncSession) -> None:
    await add_pools(session)
    await add_flows(session)
    for criteria, model in (
        (work_pool_criteria, WorkPool),
        (work_queue_criteria, WorkQueue),
        (flow_criteria, Flow),
        (deployment_criteria, Deployment),
    ):
        everything = await session.scalar(sa.select(sa.func.count()).select_from(model))
        assert len(await names_where(session, model, criteria(None))) == everything
    assert await names_where(session, Worker, worker_criteria(None)) == []
    assert await names_where(session, Log, log_criteria(None)) == []


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (FlowSort.CREATED_DESC, ["c", "b", "a"]),
        (FlowSort.UPDATED_DESC, ["a", "c", "b"]),
        (FlowSort.NAME_ASC, ["a", "b", "c"]),
        (FlowSort.NAME_DESC, ["c", "b", "a"]),
    ],
)
async def test_orders_of_flows_and_deployments(
    session: AsyncSession, sort: FlowSort, names: list[str]
) -> None:
    for number, (name, updated) in enumerate([("a", 9), ("b", 1), ("c", 1)], 1):
        times = {"created": NOON + number * HOUR, "updated": NOON + updated * HOUR}
        session.add(Flow(id=numbered(number), name=name, **times))
        await session.flush()
        session.add(Deployment(id=numbered(number), name=name, flow_id=numbered(1), **times))
    await session.flush()
    assert await names_where(session, Flow, sa.true(), flow_ordering(sort)) == names
    ordering = deployment_ordering(DeploymentSort(sort.value))
    assert await names_where(session, Deployment, sa.true(), ordering) == names


@pytest.mark.parametrize(
    ("sort", "names"), [(LogSort.TIMESTAMP_ASC, ["c", "a", "b"]), (LogSort.TIMESTAMP_DESC, ["b", "a", "c"])]
)
async def test_orders_of_logs(session: AsyncSession, sort: LogSort, names: list[str]) -> None:
    for number, (name, hours) in enumerate([("a", 1), ("b", 1), ("c", 0)], 1):
        session.add(Log(id=numbered(number), name=name, level=20, message="", timestamp=NOON + hours * HOUR))
    await session.flush()
    assert await names_where(session, Log, sa.true(), log_ordering(sort)) == names
