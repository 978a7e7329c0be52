"""Who has gone silent (workers.md 6.1)."""

from datetime import datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from penstock.schemas.statuses import DeploymentStatus, WorkQueueStatus
from penstock.server.services import Liveness
from tests.api.driver import Api, ago

conformance = pytest.mark.conformance


async def check(api: Api) -> None:
    """Do one pass."""
    liveness = Liveness(
        api.db, interval_seconds=60, work_queue_timeout_seconds=60, deployment_timeout_seconds=60
    )
    await liveness.run_once()


async def set_heard(api: Api, moment: datetime, *names: str) -> None:
    """Let these workers have sent their last heartbeat at a moment."""
    async with api.db.session_context(begin_transaction=True) as session:
        await session.execute(
            sa.update(api.db.Worker)
            .where(api.db.Worker.name.in_(names))
            .values(last_heartbeat_time=moment)
            .execution_options(synchronize_session=False)
        )


@conformance(217)
async def test_a_pool_without_an_online_worker_is_not_ready(api: Api) -> None:
    await api.create_pool()
    await api.heartbeat("a")
    await api.heartbeat("b")
    await api.forget_events()

    await set_heard(api, ago(minutes=2), "a")
    await check(api)
    assert (await api.read_pool())["status"] == "READY"
    assert await api.event_names() == []

    await set_heard(api, ago(minutes=2), "b")
    await check(api)
    await check(api)
    assert (await api.read_pool())["status"] == "NOT_READY"
    assert await api.event_names() == ["work-pool.not-ready"]


@conformance(217)
async def test_a_pool_whose_workers_were_deleted_is_not_ready(api: Api) -> None:
    await api.create_pool()
    await api.heartbeat("a")
    await api.delete("work_pools/pool/workers/a")

    await check(api)

    assert (await api.read_pool())["status"] == "NOT_READY"


@conformance(218)
async def test_paused_pools_and_those_not_ready_are_left_alone(api: Api) -> None:
    await api.create_pool("paused", is_paused=True)
    await api.create_pool("waiting")
    await api.heartbeat(pool="waiting")
    pool = await api.read_pool("waiting")
    await api.change(api.db.WorkPool, pool["id"], status="NOT_READY")
    await api.forget_events()

    await check(api)

    assert (await api.read_pool("paused"))["status"] == "PAUSED"
    assert (await api.read_pool("waiting"))["status"] == "NOT_READY"
    assert await api.event_names() == []


@conformance(219)
@pytest.mark.parametrize(
    ("seconds", "before", "after"),
    [
        (65, "READY", "NOT_READY"),
        (50, "READY", "READY"),
        (None, "READY", "READY"),
        (65, "PAUSED", "PAUSED"),
        (1, "NOT_READY", "NOT_READY"),
    ],
)
async def test_a_queue_nobody_polls_is_not_ready(
    api: Api, seconds: int | None, before: str, after: str
) -> None:
    pool = await api.create_pool()
    await api.forget_events()
    await api.change(
        api.db.WorkQueue,
        pool["default_queue_id"],
        status=WorkQueueStatus(before),
        last_polled=None if seconds is None else ago(seconds=seconds),
    )

    await check(api)
    await check(api)

    assert (await api.read_queue())["status"] == after
    assert await api.event_names() == ([] if before == after else ["work-queue.not-ready"])


@conformance(220)
@pytest.mark.parametrize(
    ("deployment_seconds", "queue_seconds", "status"),
    [(65, 65, "NOT_READY"), (65, 5, "READY"), (5, 65, "READY"), (65, None, "NOT_READY"), (5, 5, "READY")],
)
async def test_a_deployment_is_not_ready_when_it_and_its_queue_are_silent(
    api: Api, deployment_seconds: int, queue_seconds: int | None, status: str
) -> None:
    pool = await api.create_pool()
    deployment_id = await api.add_deployment(await api.read_queue())
    await api.change(
        api.db.Deployment,
        deployment_id,
        status=DeploymentStatus.READY,
        last_polled=ago(seconds=deployment_seconds),
    )
    polled = None if queue_seconds is None else ago(seconds=queue_seconds)
    await api.change(api.db.WorkQueue, UUID(pool["default_queue_id"]), last_polled=polled)
    updated = (await api.get(f"deployments/{deployment_id}"))["updated"]
    await api.forget_events()

    await check(api)

    deployment = await api.get(f"deployments/{deployment_id}")
    assert (deployment["status"], deployment["updated"]) == (status, updated)
    events = [] if status == "READY" else ["deployment.not-ready"]
    assert await api.event_names("deployment") == events
