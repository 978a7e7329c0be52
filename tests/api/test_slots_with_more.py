"""Slots of runs with which more changes: limits of their deployments, tasks that they stand for."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.api.driver import Api, iso
from tests.api.driver import ago as before


async def add_run_of(api: Api, deployment: dict[str, Any], **fields: Any) -> str:
    """Add a run that is due."""
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": iso(before(minutes=1))}}
    path = f"deployments/{deployment['id']}/create_flow_run"
    run = await api.post(path, {"state": state, **fields}, expect=201)
    return str(run["id"])


async def claimed(api: Api) -> list[str]:
    return [row["flow_run"]["id"] for row in await api.claim(limit=10)]


async def finish(api: Api, run_id: str) -> None:
    for state in ("RUNNING", "COMPLETED"):
        assert (await api.propose(run_id, state))["status"] == "ACCEPT"


async def test_claims_hold_a_deployments_limit_as_long_as_it_has_one(api: Api) -> None:
    await api.create_pool()
    limited = await api.create_deployment("limited", work_pool_name="pool", concurrency_limit=2)
    free = await api.create_deployment("free", work_pool_name="pool")
    runs = [await add_run_of(api, limited) for _ in range(6)]
    others = [await add_run_of(api, free) for _ in range(2)]

    first = await claimed(api)
    assert sorted(first) == sorted([*runs[:2], *others])
    assert await claimed(api) == []
    await finish(api, runs[0])
    assert await claimed(api) == [runs[2]]

    await api.patch(f"deployments/{limited['id']}", {"concurrency_limit": None})
    assert await claimed(api) == runs[3:]
    later = [await add_run_of(api, free) for _ in range(2)]
    assert await claimed(api) == later
    await api.patch(f"deployments/{limited['id']}", {"concurrency_limit": 1})
    await add_run_of(api, limited)
    assert await claimed(api) == []


async def test_a_task_is_told_that_the_run_it_stands_for_was_claimed(api: Api) -> None:
    await api.create_pool()
    deployment = await api.create_deployment(work_pool_name="pool")
    parent = await add_run_of(api, deployment)
    assert await claimed(api) == [parent]
    assert (await api.propose(parent, "RUNNING"))["status"] == "ACCEPT"
    task = await api.post(
        "task_runs/", {"flow_run_id": parent, "task_key": "child", "dynamic_key": "0"}, expect=201
    )
    child = await add_run_of(api, deployment, parent_task_run_id=task["id"])

    assert await claimed(api) == [child]

    told = (await api.get(f"task_runs/{task['id']}"))["state"]
    assert (told["type"], told["state_details"]["child_flow_run_id"]) == ("PENDING", child)


@pytest.mark.parametrize("deployment_limit", [None, 5], ids=["", "deployment"])
async def test_a_queues_slot_goes_to_one_of_two_runs_whose_tasks_nobody_knows(
    api: Api, deployment_limit: int | None
) -> None:
    """What is to be locked together is not all there; the slot is locked all the same."""
    await api.create_pool()
    await api.patch("work_pools/pool/queues/default", {"concurrency_limit": 1})
    deployment = await api.create_deployment(work_pool_name="pool", concurrency_limit=deployment_limit)
    for _ in range(3):
        pair = [await add_run_of(api, deployment, parent_task_run_id=str(uuid4())) for _ in range(2)]
        outcomes = await asyncio.gather(*(api.propose(run_id, "PENDING") for run_id in pair))
        accepted = [one for one, outcome in zip(pair, outcomes, strict=True) if outcome["status"] == "ACCEPT"]
        assert len(accepted) == 1
        await finish(api, accepted[0])
        for run_id in pair:
            await api.delete(f"flow_runs/{run_id}")
