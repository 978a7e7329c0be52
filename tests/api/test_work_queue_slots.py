"""Active slots of queues, on both generations of routes (workers.md 1.5, 3.8, 3.9)."""

from uuid import UUID

import pytest

from penstock.server.models import workers
from tests.api.driver import Api

conformance = pytest.mark.conformance


@conformance(173, 174)
async def test_a_cancelling_run_counts_only_on_the_older_routes(api: Api) -> None:
    pool = await api.create_pool()
    queue = await api.create_queue("a", concurrency_limit=9)
    for state in ("PENDING", "RUNNING", "CANCELLING", "SCHEDULED", "COMPLETED", "PAUSED"):
        await api.add_run(queue["id"], state)
    await api.add_run(pool["default_queue_id"], "RUNNING")

    assert (await api.read_queue("a"))["active_slots"] == 2
    listed = await api.post("work_pools/pool/queues/filter")
    assert {one["name"]: one["active_slots"] for one in listed} == {"default": None, "a": 2}
    assert (await api.get(f"work_queues/{queue['id']}"))["active_slots"] == 3
    listed = await api.post("work_queues/filter")
    assert {one["name"]: one["active_slots"] for one in listed} == {"default": None, "a": 3}


@conformance(173, 174)
async def test_slots_of_several_queues_are_counted_together(api: Api) -> None:
    pool = await api.create_pool()
    busy, idle = UUID(pool["default_queue_id"]), UUID((await api.create_queue("a"))["id"])
    await api.add_runs(str(busy), 2, "RUNNING")

    async with api.db.session_context() as session:
        counts = await workers.count_work_queue_active_slots_bulk(
            session=session, work_queue_ids=[busy, idle]
        )
        none = await workers.count_work_queue_active_slots_bulk(session=session, work_queue_ids=[])
        one = await workers.count_work_queue_active_slots(session=session, work_queue_id=idle)

    assert (counts, none, one) == ({busy: 2}, {}, 0)
