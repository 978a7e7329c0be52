"""The network between a worker and the server fails, for less and for more than a lease (R4).

Server, workers and jobs are real processes. A job writes a line every twentieth of a second, so what
it did is seen from outside even when it was killed.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from tests.faults.conftest import Report
from tests.faults.proxy import Proxy, Way
from tests.faults.sizes import chance_of, patience, sized
from tests.faults.verdicts import Verdict
from tests.worker.site import Site

LEASE_SECONDS, GRACE_SECONDS, JOB_SECONDS = 6.0, 3.0, 5.0
SETTINGS = {
    "PENSTOCK_CLAIM_LEASE_SECONDS": str(LEASE_SECONDS),
    "PENSTOCK_CLAIM_GRACE_SECONDS": str(GRACE_SECONDS),
    "PENSTOCK_CLAIM_RENEWAL_SECONDS": "1",
    "PENSTOCK_ATTEMPT_LOOP_SECONDS": "0.2",
}
JOB = """
import json, os, sys, time
end, path = time.time() + float(sys.argv[2]), sys.argv[1]
while time.time() < end:
    with open(path, "a") as file:
        file.write(json.dumps([os.environ["PENSTOCK_FLOW_RUN_ID"], os.getpid(), time.time()]) + "\\n")
    time.sleep(0.05)
"""
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
    (tmp_path / "job.py").write_text(JOB)
    lines = tmp_path / "lines"
    lines.touch()
    await site.start_server()
    await site.create_pool()
    command = f"{sys.executable} {tmp_path / 'job.py'} {lines} {JOB_SECONDS}"
    deployment = await site.deploy(command, infra_retries=20, infra_retry_delay_seconds=0)
    proxy = Proxy(site.port)
    address = await proxy.open()
    await site.start_worker("--limit", str(RUNS), name="w1", api_url=address)
    run_ids: list[UUID] = []
    verdict = Verdict(cuts * RUNS)
    ways = [Way.CUT, Way.STALLED, Way.NO_ANSWERS]
    second = None
    for number in range(cuts):
        is_long = number % 2 == 1
        if is_long and second is None:
            second = await site.start_worker("--limit", str(RUNS), name="w2")
        of_this_cut = [await site.submit(deployment) for _ in range(RUNS)]
        run_ids += of_this_cut
        await _started(lines, of_this_cut)
        proxy.turn(ways[number // 2 % 3] if cuts > 2 else chance.choice(ways))
        await asyncio.sleep(LEASE_SECONDS + GRACE_SECONDS + 3 if is_long else LEASE_SECONDS / 4)
        proxy.turn(Way.OPEN)
        ended = await site.ended(*of_this_cut)
        verdict.lost += [f"{run.id}: {run.state_name}" for run in ended if run.state_name != "Completed"]
        if not is_long:
            disturbed = [run for run in ended if run.attempt != 1]
            verdict.problems += [f"{run.id}: attempt {run.attempt} after a short cut" for run in disturbed]
    verdict.doubled = _overlaps(lines)
    verdict.leaked = [
        f"{run.id} is held" for run in await site.ended(*run_ids) if run.lease_expires_at is not None
    ]
    await proxy.close()
    report(
        "partition between worker and server",
        f"{cuts} cuts (full, stalled, one-way), half of them longer than lease and grace",
        verdict,
    )


def _read(lines: Path) -> dict[str, dict[int, list[float]]]:
    """Return when each process of each run was seen."""
    seen: dict[str, dict[int, list[float]]] = {}
    for line in lines.read_text().splitlines():
        run_id, pid, moment = json.loads(line)
        seen.setdefault(run_id, {}).setdefault(pid, []).append(moment)
    return seen


async def _started(lines: Path, run_ids: list[UUID]) -> None:
    async with asyncio.timeout(60):
        while not {str(run_id) for run_id in run_ids} <= set(_read(lines)):
            await asyncio.sleep(0.05)


def _overlaps(lines: Path) -> list[str]:
    """Name runs of which one process began before the last line of another."""
    found = []
    for run_id, processes in _read(lines).items():
        spans = sorted((moments[0], moments[-1]) for moments in processes.values())
        found += [
            f"{run_id}: {before} and {after}" for before, after in pairwise(spans) if after[0] <= before[1]
        ]
    return found
