"""Clocks of workers that are wrong, that jump, that go too fast or too slow: leases hold anyway (R4, R6).

Server, workers and jobs are real processes. A worker with the right clock takes over what the others lose.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.server.database import DBInterface
from tests.faults.clocks import JumpingClock, needs_libfaketime, read_clock, running_at
from tests.faults.conftest import Report
from tests.faults.jobs import WORKER, Jobs
from tests.faults.proxy import Proxy, Way
from tests.faults.sizes import chance_of, patience, sized
from tests.faults.verdicts import Verdict, judge
from tests.races import audit, deployment_audit
from tests.worker.site import Site

LEASE_SECONDS, GRACE_SECONDS = 5.0, 4.0
SHORT_CUT_SECONDS, LONG_CUT_SECONDS = 0.75, LEASE_SECONDS + GRACE_SECONDS + 1
JOB_SECONDS, SHORT_JOB_SECONDS = LONG_CUT_SECONDS + 1.5, 0.5
SETTINGS = {
    "PENSTOCK_CLAIM_LEASE_SECONDS": str(LEASE_SECONDS),
    "PENSTOCK_CLAIM_GRACE_SECONDS": str(GRACE_SECONDS),
    "PENSTOCK_CLAIM_RENEWAL_SECONDS": "1",
    "PENSTOCK_ATTEMPT_LOOP_SECONDS": "0.2",
    # workers would end the jobs that others have left on this machine, and so hide what those failed to do
    "PENSTOCK_WORKER_CLEANUP_CHECK_SECONDS": "3600",
}
SLOW, FAST = 0.8, 1.25
RIGHT = "right"
WAYS = (Way.CUT, Way.STALLED, Way.NO_ANSWERS)
LONG_JOBS, SHORT_JOBS, POOL_LIMIT, WORKER_LIMIT = 8, 4, 9, 2

pytestmark = [patience, needs_libfaketime]


@dataclass
class Wrong:
    """A worker whose clock is wrong, behind a way of its own to the server."""

    name: str
    environment: dict[str, str]
    rate: float = 1.0
    clock: JumpingClock | None = None
    is_to_go_back: bool = False
    proxy: Proxy | None = None

    def jump(self, chance: random.Random) -> bool:
        """Let its clock jump, now forward and now back; return whether it is one that does."""
        if self.clock is None:
            return False
        minutes = chance.choice((2, 15, 60, 600))
        self.clock.jump(timedelta(minutes=-minutes if self.is_to_go_back else minutes))
        self.is_to_go_back = not self.is_to_go_back
        return True

    async def cut(self, way: Way, seconds: float) -> None:
        """Cut it off for a while."""
        assert self.proxy is not None
        self.proxy.turn(way)
        await asyncio.sleep(seconds)
        self.proxy.turn(Way.OPEN)


class Scene:
    """A server, the workers, and what they did."""

    def __init__(self, db: DBInterface, folder: Path) -> None:
        url = db.dialect.url.render_as_string(hide_password=False)
        self.db = db
        self.site = Site(folder, SETTINGS | {"PENSTOCK_DATABASE_URL": url})
        self.jobs = Jobs(folder)
        ahead = JumpingClock(folder / "ahead.clock", timedelta(hours=3))
        behind = JumpingClock(folder / "behind.clock", timedelta(minutes=-40))
        self.wrong = [
            Wrong("ahead", ahead.environment, clock=ahead, is_to_go_back=True),
            Wrong("behind", behind.environment, clock=behind),
            Wrong("slow", running_at(SLOW, "-20m"), SLOW),
            Wrong("fast", running_at(FAST, "+5h"), FAST),
        ]
        self.run_ids: list[UUID] = []

    async def start(self) -> None:
        await asyncio.gather(self.site.start_server(), *(_is_wrong(worker) for worker in self.wrong))
        await self.site.create_pool(concurrency_limit=POOL_LIMIT)
        long, again = self.jobs.command(JOB_SECONDS, SHORT_JOB_SECONDS), {"infra_retry_delay_seconds": 0}
        self.long = await self.site.deploy(long, infra_retries=100, **again)
        short = self.jobs.command(SHORT_JOB_SECONDS)
        self.short = await self.site.deploy(short, infra_retries=100, concurrency_limit=2, **again)
        async with self.db.engine.begin() as connection:
            await audit.install(connection)
            await deployment_audit.install(connection, {"short": [self.short]})
        await asyncio.gather(self._start_right(), *(self._start_wrong(worker) for worker in self.wrong))

    async def _start_right(self) -> None:
        await self.site.start_worker("--limit", str(POOL_LIMIT), name=RIGHT, extra={WORKER: RIGHT})

    async def _start_wrong(self, worker: Wrong) -> None:
        worker.proxy = Proxy(self.site.port)
        await self.site.start_worker(
            *("--limit", str(WORKER_LIMIT)),
            name=worker.name,
            api_url=await worker.proxy.open(),
            extra=worker.environment | {WORKER: worker.name},
        )

    async def submit(self) -> list[UUID]:
        """Create the runs of a round; those that last are executed by the workers with wrong clocks."""
        await self.site.client.drain_worker(self.site.pool, RIGHT)
        long = [await self.site.submit(self.long) for _ in range(LONG_JOBS)]
        short = [await self.site.submit(self.short) for _ in range(SHORT_JOBS)]
        self.run_ids += [*long, *short]
        await self.jobs.started(long)
        await self.site.client.resume_worker(self.site.pool, RIGHT)
        return [*long, *short]

    async def until_ended(self) -> None:
        run = self.db.FlowRun
        is_open = sa.select(run.id).where(run.state_type.not_in(TERMINAL_STATES)).limit(1)
        async with asyncio.timeout(90):
            while True:
                async with self.db.engine.connect() as connection:
                    if await connection.scalar(is_open) is None:
                        return
                await asyncio.sleep(0.2)

    def disturbed(self, run_ids: list[UUID], but: set[str]) -> list[str]:
        """Name the executions that were ended early by workers which were never cut off for long."""
        return [
            f"{one.run_id}: {one.worker} ended attempt {one.attempt}, and had no reason to"
            for one in self.jobs.journal().executions
            if UUID(one.run_id) in run_ids and not one.is_done and one.worker not in but
        ]

    async def verdict(self) -> Verdict:
        run = self.db.FlowRun
        done = sa.select(run.id, run.end_time).where(run.state_type == StateType.COMPLETED)
        async with self.db.engine.connect() as connection:
            completed = {str(row.id): row.end_time.timestamp() for row in await connection.execute(done)}
        return await judge(self.db, self.jobs.journal(completed), {str(run_id) for run_id in self.run_ids})

    async def close(self) -> None:
        for worker in self.wrong:
            if worker.proxy is not None:
                await worker.proxy.close()
        await self.site.close()


@pytest.fixture
async def scene(db: DBInterface, tmp_path: Path) -> AsyncIterator[Scene]:
    scene = Scene(db, tmp_path)
    yield scene
    await scene.close()


async def test_wrong_clocks(scene: Scene, report: Report) -> None:
    """Whatever the clocks show, short cuts end no job, and long ones end it before its run is given away."""
    chance, rounds = chance_of("clocks of workers"), sized(1, 20)
    await scene.start()
    disturbed: list[str] = []
    jumps = 0
    for number in range(rounds):
        run_ids = await scene.submit()
        jumps += sum([worker.jump(chance) for worker in scene.wrong])
        cut_off, others = scene.wrong[number % 2 :: 2], scene.wrong[1 - number % 2 :: 2]
        long_way = WAYS[number // 2 % len(WAYS)]
        await asyncio.gather(
            *(worker.cut(long_way, LONG_CUT_SECONDS) for worker in cut_off),
            *(worker.cut(chance.choice(WAYS), SHORT_CUT_SECONDS) for worker in others),
        )
        await scene.until_ended()
        disturbed += scene.disturbed(run_ids, but={worker.name for worker in cut_off})
    verdict = await scene.verdict()
    verdict.problems += disturbed
    report(
        "wrong clocks of workers",
        f"{jumps} jumps of minutes to hours, rates of {SLOW:g} and {FAST:g}, {4 * rounds} cuts (full,"
        " stalled, one-way), half of them longer than lease and grace",
        verdict,
    )


async def _is_wrong(worker: Wrong) -> None:
    """Make sure that a worker's clocks are as wrong as they are meant to be."""
    reading = await read_clock(worker.environment, time.time())
    assert abs(reading.off_seconds) > 60
    assert abs(reading.rate - worker.rate) < 0.05
