"""The network between a worker and the server fails, for less and for more than a lease (R4).

Server, workers and jobs are real processes.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.faults.conftest import Report
from tests.faults.jobs import Jobs
from tests.faults.proxy import Proxy, Way
from tests.faults.sizes import chance_of, patience, sized
from tests.faults.verdicts import Verdict
from tests.worker.site import Site

LEASE_SECONDS, GRACE_SECONDS = 6.0, 3.0
SHORT_CUT_SECONDS, LONG_CUT_SECONDS = LEASE_SECONDS / 4, LEASE_SECONDS + GRACE_SECONDS + 2
SHORT_JOB_SECONDS, LONG_JOB_SECONDS = 3.0, LONG_CUT_SECONDS + 1
SETTINGS = {
    "PENSTOCK_CLAIM_LEASE_SECONDS": str(LEASE_SECONDS),
    "PENSTOCK_CLAIM_GRACE_SECONDS": str(GRACE_SECONDS),
    "PENSTOCK_CLAIM_RENEWAL_SECONDS": "1",
    "PENSTOCK_ATTEMPT_LOOP_SECONDS": "0.2",
    # workers would end the jobs that others have left on this machine, and so hide what those failed to do
    "PENSTOCK_WORKER_CLEANUP_CHECK_SECONDS": "3600",
}
RUNS = 2

pytestmark = [patience, pytest.mark.usefixtures("database_kind")]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path, SETTINGS)
    yield site
    await site.close()


@pytest.mark.only_on("sqlite", reason="the server behind the way does not matter")
async def test_partitions(site: Site, tmp_path: Path, report: Report) -> None:
    """A short one disturbs nothing; in a long one the job has ended before the next worker starts it."""
    chance, cuts = chance_of("partitions"), sized(2, 60)
    jobs = Jobs(tmp_path)
    await site.start_server()
    await site.create_pool()
    retries = {"infra_retries": 20, "infra_retry_delay_seconds": 0}
    short = await site.deploy(jobs.command(SHORT_JOB_SECONDS), **retries)
    long = await site.deploy(jobs.command(LONG_JOB_SECONDS, SHORT_JOB_SECONDS), **retries)
    proxy = Proxy(site.port)
    address = await proxy.open()
    await site.start_worker("--limit", str(RUNS), name="w1", api_url=address)
    await site.start_worker("--limit", str(RUNS), name="w2")
    run_ids: list[UUID] = []
    verdict = Verdict(cuts * RUNS)
    ways = [Way.CUT, Way.STALLED, Way.NO_ANSWERS]
    for number in range(cuts):
        is_long = number % 2 == 1
        await site.client.drain_worker(site.pool, "w2")
        of_this_cut = [await site.submit(long if is_long else short) for _ in range(RUNS)]
        run_ids += of_this_cut
        await jobs.started(of_this_cut)
        await site.client.resume_worker(site.pool, "w2")
        proxy.turn(ways[number // 2 % 3] if cuts > 2 else chance.choice(ways))
        await asyncio.sleep(LONG_CUT_SECONDS if is_long else SHORT_CUT_SECONDS)
        proxy.turn(Way.OPEN)
        ended = await site.ended(*of_this_cut)
        verdict.lost += [f"{run.id}: {run.state_name}" for run in ended if run.state_name != "Completed"]
        if not is_long:
            disturbed = [run for run in ended if run.attempt != 1]
            verdict.problems += [f"{run.id}: attempt {run.attempt} after a short cut" for run in disturbed]
    verdict.doubled = jobs.journal().doubled()
    verdict.leaked = [
        f"{run.id} is held" for run in await site.ended(*run_ids) if run.lease_expires_at is not None
    ]
    await proxy.close()
    report(
        "partition between worker and server",
        f"{cuts} cuts (full, stalled, one-way), half of them longer than lease and grace",
        verdict,
    )
