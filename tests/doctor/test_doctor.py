"""The examination of the database: each broken invariant is found by its check, and by no other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from penstock.schemas.actions import WorkPoolUpdate
from penstock.schemas.responses import DoctorReport
from penstock.schemas.states import Completed, Pending, Running
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import (
    CleanupMessage,
    ConcurrencyLease,
    ConcurrencyLimit,
    Deployment,
    FlowRun,
    TaskRun,
    WorkPool,
    WorkQueue,
)
from penstock.server.models import doctor, workers
from penstock.server.orchestration import claim_flow_runs
from tests.support.factories import (
    ago,
    default_queue,
    due,
    make_deployment,
    make_pool,
    make_queue,
    make_run,
    propose,
)


@dataclass
class Scene:
    """A pool with a claimed, an ended and a waiting run, each of a deployment with a limit."""

    pool: WorkPool
    queue: WorkQueue
    second: WorkQueue
    deployment: Deployment
    held: FlowRun
    ended: FlowRun
    waiting: FlowRun
    parent: TaskRun


@pytest.fixture
async def scene(db: DBInterface) -> Scene:
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, concurrency_limit=1)
        queue = await default_queue(session, pool)
        queue.concurrency_limit = 1
        second = await make_queue(session, pool)
        deployment = await make_deployment(session, queue, concurrency_limit=1)
        parent = TaskRun(name="task", task_key="t", dynamic_key=uuid4().hex)
        session.add(parent)
        await session.flush()
        facts: dict[str, Any] = {"deployment_id": deployment.id}
        ended = await make_run(session, queue, due(minutes=3), parent_task_run_id=parent.id, **facts)
        await propose(session, ended, Running())
        await propose(session, ended, Completed())
        held = await make_run(session, queue, due(minutes=2), **facts)
        waiting = await make_run(session, queue, due(minutes=1), **facts)
        await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="w", limit=5)
    return Scene(pool, queue, second, deployment, held, ended, waiting, parent)


async def examine(client: httpx.AsyncClient) -> DoctorReport:
    answer = await client.get("admin/doctor")
    assert answer.status_code == 200, answer.text
    return DoctorReport.model_validate(answer.json())


def _set(row: Any, **values: Any) -> sa.Update:
    kind = type(row)
    return sa.update(kind).where(kind.id == row.id).values(updated=kind.updated, **values)


def _lease(scene: Scene, **values: Any) -> sa.Update:
    of_run = ConcurrencyLease.flow_run_id == scene.held.id
    return sa.update(ConcurrencyLease).where(of_run).values(updated=ConcurrencyLease.updated, **values)


def _limit(scene: Scene) -> sa.Update:
    of_deployment = ConcurrencyLimit.id == scene.deployment.concurrency_limit_id
    return sa.update(ConcurrencyLimit).where(of_deployment).values(limit=0, updated=ConcurrencyLimit.updated)


def _overdue_cleanup(scene: Scene) -> sa.Insert:
    return sa.insert(CleanupMessage).values(
        work_pool_id=scene.pool.id, kind="teardown", idempotency_key="k", lease_expires_at=ago(days=1)
    )


BREAKAGES: dict[str, Callable[[Scene], sa.Update | sa.Insert]] = {
    "work-pool-limits": lambda s: _set(s.pool, concurrency_limit=0),
    "work-queue-limits": lambda s: _set(s.queue, concurrency_limit=0),
    "deployment-limits": _limit,
    "whole-leases": lambda s: _set(s.held, lease_kind=None),
    "leases-over-held-runs": lambda s: _set(s.ended, lease_kind="CLAIMED", lease_expires_at=ago(days=-1)),
    "live-runs-are-held": lambda s: _set(s.held, lease_kind=None, lease_expires_at=None),
    "attempts-are-ended": lambda s: _set(s.held, lease_expires_at=ago(days=1)),
    "slots-of-live-runs": lambda s: _lease(s, flow_run_id=s.ended.id),
    "slots-are-counted": lambda s: _lease(s, slots=5),
    "cleanup-is-taken-back": _overdue_cleanup,
    "queue-priorities": lambda s: _set(s.second, priority=1),
    "default-queues": lambda s: _set(s.pool, default_queue_id=None),
    "waiting-runs-have-queues": lambda s: _set(s.waiting, work_queue_id=None),
    "states-are-written-down": lambda s: _set(s.held, state_id=uuid4()),
    "parents-follow": lambda s: _set(s.parent, state_type="RUNNING"),
}


async def test_a_sound_database_has_no_violations(client: httpx.AsyncClient, scene: Scene):
    report = await examine(client)
    assert report.violation_count == 0, report
    assert report.override_count == 0, report
    assert {check.name: check.checked for check in report.checks}["leases-over-held-runs"] == 1
    assert {check.name for check in report.checks} == set(BREAKAGES)


@pytest.mark.parametrize("name", BREAKAGES)
async def test_what_is_broken_is_found_by_its_check_alone(
    db: DBInterface, client: httpx.AsyncClient, scene: Scene, name: str
):
    async with db.session_context(begin_transaction=True) as session:
        await session.execute(BREAKAGES[name](scene))
    report = await examine(client)
    assert {check.name: len(check.violations) for check in report.checks if check.violations} == {name: 1}
    [check] = [check for check in report.checks if check.name == name]
    assert check.violations[0].sentence.endswith(".")
    assert check.violations[0].ids


async def test_overrides_are_no_violations(db: DBInterface, client: httpx.AsyncClient, scene: Scene):
    async with db.session_context(begin_transaction=True) as session:
        await make_run(session, scene.queue, Running(), name="made running")
        forced = await make_run(session, scene.queue, due(minutes=1), name="forced")
        await propose(session, forced, Running(), force=True)
    report = await examine(client)
    assert report.violation_count == 0, report
    found = {check.name: check.overrides for check in report.checks if check.overrides}
    assert set(found) == {"work-pool-limits", "work-queue-limits", "live-runs-are-held"}
    assert sorted(one.sentence.split("'")[1] for one in found["work-pool-limits"]) == [
        "forced",
        "made running",
    ]


async def test_a_limit_below_its_use_is_an_override(db: DBInterface, client: httpx.AsyncClient, scene: Scene):
    async with db.session_context(begin_transaction=True) as session:
        update = WorkPoolUpdate(concurrency_limit=0)
        await workers.update_work_pool(session=session, work_pool_id=scene.pool.id, work_pool=update)
    report = await examine(client)
    assert report.violation_count == 0, report
    [check] = [check for check in report.checks if check.overrides]
    assert check.name == "work-pool-limits"


async def test_runs_of_a_deleted_queue_may_be_too_many_for_their_new_one(
    db: DBInterface, client: httpx.AsyncClient
):
    """They go on; a run that entered since would be a violation."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session)
        queue, second = await default_queue(session, pool), await make_queue(session, pool)
        queue.concurrency_limit = 1
        for one in (queue, second):
            await propose(session, await make_run(session, one, due(minutes=1)), Pending())
        await workers.delete_work_queue(session=session, work_queue_id=second.id)
    report = await examine(client)
    [check] = [check for check in report.checks if check.overrides]
    assert (check.name, report.violation_count) == ("work-queue-limits", 0)
    assert "it got runs of a queue that was deleted" in check.overrides[0].sentence
    async with db.session_context(begin_transaction=True) as session:
        late = await make_run(session, queue, due(minutes=1))
        await session.execute(_set(queue, concurrency_limit=None))
        await propose(session, late, Pending())
        await session.execute(_set(queue, concurrency_limit=1))
    assert (await examine(client)).violation_count > 0


def test_quick_checks_are_a_part_of_all():
    assert set(doctor.QUICK_CHECKS) < set(doctor.CHECKS)
