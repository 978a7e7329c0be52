"""However many lists are read, workers are answered meanwhile (ADR 0014)."""

import asyncio
from contextlib import AsyncExitStack

from penstock.core.clock import utc_now
from tests.api.driver import Api, iso

LISTS = [
    "flow_runs/filter",
    "flow_runs/paginate",
    "task_runs/filter",
    "task_runs/paginate",
    "deployments/filter",
    "deployments/paginate",
    "logs/filter",
]


async def test_lists_wait_for_each_other_and_workers_for_none(api: Api) -> None:
    pool = await api.create_pool()
    run_id = await api.add_run(pool["default_queue_id"])
    db = api.app.state.db
    async with AsyncExitStack() as others:
        for _ in range(db.dialect.lists_at_once):
            await others.enter_async_context(db.listing_context())
        lists = [asyncio.ensure_future(api.post(path, {})) for path in LISTS]
        await api.post("work_pools/pool/get_scheduled_flow_runs", {"scheduled_before": iso(utc_now())})
        (claimed,) = await api.claim()
        assert claimed["flow_run"]["id"] == str(run_id)
        await api.propose(str(run_id), "COMPLETED")
        assert not any(one.done() for one in lists)
    answers = dict(zip(LISTS, await asyncio.gather(*lists), strict=True))
    assert [run["state_type"] for run in answers["flow_runs/filter"]] == ["COMPLETED"]
