"""What a Prometheus server reads."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from penstock.server.database import DBInterface
from tests.support.factories import default_queue, due, make_pool, make_queue, make_run


async def read(client: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    answer = await client.get("metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_backlogs_slots_workers_and_counters(client: httpx.AsyncClient, db: DBInterface):
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, "mill", concurrency_limit=1)
        other = await make_queue(session, pool, 'a "quoted" name')
        for queue, seconds in (
            (await default_queue(session, pool), 90),
            (other, 60),
            (other, 30),
            (other, -60),
        ):
            await make_run(session, queue, due(seconds=seconds))
    await client.post("work_pools/mill/workers/heartbeat", json={"name": "w"})
    await client.post("work_pools/mill/claim", json={"worker_name": "w", "limit": 5})
    found = await read(client)
    assert found["penstock_due_runs", "mill", 'a "quoted" name'] == 2
    assert found["penstock_oldest_wait_seconds", "mill", 'a "quoted" name'] >= 60
    assert ("penstock_due_runs", "mill", "default") not in found
    assert found["penstock_slots_occupied", "mill"] == 1
    assert found["penstock_slots_limit", "mill"] == 1
    assert found["penstock_workers_online", "mill"] == 1
    assert (found["penstock_claims_total",], found["penstock_claimed_runs_total",]) == (1, 1)
    assert found["penstock_expired_attempts_total",] == 0
    assert found["penstock_doctor_violations", "work-pool-limits"] == 0


async def test_an_answer_is_given_again_for_a_while(client: httpx.AsyncClient, db: DBInterface):
    before = await read(client)
    async with db.session_context(begin_transaction=True) as session:
        await make_pool(session)
    assert await read(client) == before
