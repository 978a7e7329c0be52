"""Workers and pools that are taken out of service (design, section 3)."""

from typing import Any

import pytest

from tests.api.driver import Api

WORKERS = "work_pools/pool/workers"


@pytest.fixture
async def waiting(api: Api) -> list[str]:
    """The ids of two waiting runs; workers w1 and w2 are known."""
    pool = await api.create_pool()
    await api.heartbeat("w1")
    await api.heartbeat("w2")
    return [str(one) for one in await api.add_runs(pool["default_queue_id"], 2)]


async def listed(api: Api) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in await api.post(f"{WORKERS}/filter")}


async def poll_as(api: Api, worker: str) -> list[str]:
    rows = await api.post("work_pools/pool/get_scheduled_flow_runs", {}, x_prefect_worker_name=worker)
    return [row["flow_run"]["id"] for row in rows]


async def take_as(api: Api, worker: str, run_id: str) -> dict[str, Any]:
    body = {"state": {"type": "PENDING"}}
    response = await api.send("POST", f"flow_runs/{run_id}/set_state", body, x_prefect_worker_name=worker)
    result: dict[str, Any] = response.json()
    return result


async def test_a_draining_worker_keeps_what_it_holds_and_gets_nothing(api: Api, waiting: list[str]) -> None:
    [held] = await api.claim(worker="w1", limit=1)

    drained = await api.post(f"{WORKERS}/w1/drain")

    assert (drained["name"], drained["held_runs"]) == ("w1", 1)
    assert drained["draining_since"] is not None
    assert await api.claim(worker="w1") == []
    assert await poll_as(api, "w1") == []
    refused = await take_as(api, "w1", waiting[1])
    assert (refused["status"], refused["state"]["type"]) == ("REJECT", "SCHEDULED")
    assert "'w1' is draining" in refused["details"]["reason"]
    workers = await listed(api)
    assert (workers["w1"]["held_runs"], workers["w2"]["held_runs"]) == (1, 0)
    assert (await api.propose(held["flow_run"]["id"], "RUNNING", attempt=1))["status"] == "ACCEPT"
    assert (await api.propose(held["flow_run"]["id"], "COMPLETED", attempt=1))["status"] == "ACCEPT"
    assert (await api.post(f"{WORKERS}/w1/drain")) == drained | {"held_runs": 0}


async def test_others_go_on_and_so_does_a_resumed_worker(api: Api, waiting: list[str]) -> None:
    await api.post(f"{WORKERS}/w1/drain")

    assert await poll_as(api, "w2") == waiting
    assert (await take_as(api, "w2", waiting[0]))["status"] == "ACCEPT"
    resumed = await api.post(f"{WORKERS}/w1/resume")
    assert resumed["draining_since"] is None
    assert [row["flow_run"]["id"] for row in await api.claim(worker="w1")] == waiting[1:]


async def test_a_name_drains_in_one_pool_only(api: Api, waiting: list[str]) -> None:
    await api.post(f"{WORKERS}/w1/drain")
    other = await api.create_pool("other")
    await api.heartbeat("w1", pool="other")
    await api.add_run(other["default_queue_id"])

    assert len(await api.claim("other", worker="w1")) == 1


async def test_what_is_not_there_cannot_drain(api: Api) -> None:
    await api.create_pool()

    for path in (f"{WORKERS}/absent/drain", f"{WORKERS}/absent/resume", "work_pools/absent/workers/w/drain"):
        await api.post(path, expect=404)
    await api.post("work_pools/absent/maintenance", {"reason": "x"}, expect=404)
    await api.post("work_pools/pool/maintenance", {"reason": " "}, expect=422)
    await api.post("work_pools/pool/maintenance", {}, expect=422)


async def test_a_pool_under_maintenance_hands_out_nothing_and_says_why(api: Api, waiting: list[str]) -> None:
    await api.claim(worker="w1", limit=1)

    begun = await api.post("work_pools/pool/maintenance", {"reason": "new disks"})

    assert (begun["is_paused"], begun["reason"], begun["held_runs"]) == (True, "new disks", 1)
    assert begun["held_by"] == [{"worker_name": "w1", "count": 1}]
    assert await api.claim(worker="w2") == []
    assert (await api.read_pool())["status"] == "PAUSED"
    assert await api.get("work_pools/pool/maintenance") == begun
    response = await api.send("DELETE", "work_pools/pool/maintenance", expect=200)
    assert (response.json()["is_paused"], response.json()["reason"]) == (False, None)
    assert len(await api.claim(worker="w2")) == 1
