"""Deleting work pools (workers.md 3.11, 4.1)."""

from uuid import UUID

import pytest

from penstock.schemas.actions import WorkPoolCreate
from penstock.server.models import workers
from tests.api.driver import Api

conformance = pytest.mark.conformance


@conformance(64)
async def test_a_deleted_pool_is_gone_with_its_queues_and_workers(api: Api) -> None:
    pool = await api.create_pool()
    queue = await api.create_queue("second")
    await api.heartbeat()

    await api.delete("work_pools/pool")

    await api.get("work_pools/pool", expect=404)
    await api.delete("work_pools/pool", expect=404)
    assert await api.row(api.db.WorkQueue, queue["id"]) is None
    async with api.db.session_context() as session:
        assert not await workers.read_workers(session=session, work_pool_id=UUID(pool["id"]))


@conformance(65)
async def test_the_model_says_whether_there_was_a_pool(api: Api) -> None:
    pool_id = UUID((await api.create_pool())["id"])

    async with api.db.session_context(begin_transaction=True) as session:
        first = await workers.delete_work_pool(session=session, work_pool_id=pool_id)
        second = await workers.delete_work_pool(session=session, work_pool_id=pool_id)

    assert (first, second) == (True, False)


@conformance(66)
async def test_deleting_tells_of_each_queue_then_of_the_pool(api: Api) -> None:
    await api.create_pool()
    await api.create_queue("second")
    await api.forget_events()

    await api.delete("work_pools/pool")

    events = await api.events()
    assert [one.event for one in events] == [
        "prefect.work-queue.deleted",
        "prefect.work-queue.deleted",
        "prefect.work-pool.deleted",
    ]
    assert [one.resource["prefect.resource.name"] for one in events] == ["default", "second", "pool"]
    assert events[0].related[0]["prefect.resource.role"] == "work-pool"


@conformance(67)
async def test_a_reserved_pool_cannot_be_deleted(api: Api) -> None:
    async with api.db.session_context(begin_transaction=True) as session:
        await workers.create_work_pool(session=session, work_pool=WorkPoolCreate(name="prefect-x"))

    await api.delete("work_pools/prefect-x", expect=403)
    await api.get("work_pools/prefect-x")
    await api.delete("work_pools/absent", expect=404)


@conformance(68)
async def test_runs_and_deployments_outlive_their_pool(api: Api) -> None:
    await api.create_pool()
    queue = await api.read_queue()
    run_id = await api.add_run(queue["id"], work_queue_name="default")
    deployment_id = await api.add_deployment(queue)

    await api.delete("work_pools/pool")

    run = await api.get(f"flow_runs/{run_id}")
    assert (run["work_queue_id"], run["work_queue_name"]) == (None, "default")
    assert (run["state_type"], run["work_pool_name"]) == ("SCHEDULED", None)
    deployment = await api.get(f"deployments/{deployment_id}")
    assert (deployment["work_queue_id"], deployment["work_queue_name"]) == (None, "default")


async def test_what_is_left_behind_is_told_and_listed(api: Api) -> None:
    pool = await api.create_pool()
    queue = await api.read_queue()
    await api.add_run(queue["id"], work_queue_name="default", name="held")
    await api.claim(worker="w1")
    await api.add_run(queue["id"], work_queue_name="default", name="stranded")
    await api.add_run(None, work_queue_name=None, name="nobody's")

    refusal = await api.delete("work_pools/pool?force=false", expect=409)
    assert "1 run is held of work pool 'pool' (w1: 1); cancel them or delete with force" in refusal["detail"]
    await api.delete("work_pools/pool")

    [event] = [one for one in await api.events("work-pool") if one.event.endswith("deleted")]
    assert event.resource_id == f"prefect.work-pool.{pool['id']}"
    assert event.payload == {"waiting_runs": 1, "held_runs": 1}
    stranded = {
        "state": {"type": {"any_": ["SCHEDULED"]}},
        "work_queue_id": {"is_null_": True},
        "work_queue_name": {"is_null_": False},
    }
    found = await api.post("flow_runs/filter", {"flow_runs": stranded})
    assert [run["name"] for run in found] == ["stranded"]
