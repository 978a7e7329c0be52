"""When the loop that ends expired attempts holds back."""

from datetime import datetime, timedelta

import pytest

from penstock.core.attempts import LeaseTimes
from penstock.core.clock import utc_now
from penstock.server.models import attempts
from penstock.server.orchestration import claim_flow_runs
from penstock.server.services import ExpiredAttempts, expired_attempts
from tests.support.factories import ago, default_queue, due, make_deployment, make_pool, make_run

LEASE_SECONDS = 60.0


class Clocks:
    """The clock of the process, and the database's, which may go another way."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.ahead = 0.0
        self._start = utc_now()

    def monotonic(self) -> float:
        return self.passed

    async def read_database_time(self, session: object) -> datetime:
        return self._start + timedelta(seconds=self.passed + self.ahead)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    monkeypatch.setattr(expired_attempts, "monotonic", clocks.monotonic)
    monkeypatch.setattr(attempts, "read_database_time", clocks.read_database_time)
    return clocks


async def held_run(session):
    """Let a worker that renews in time hold a run until a moment ago."""
    pool = await make_pool(session)
    queue = await default_queue(session, pool)
    deployment = await make_deployment(session, queue)
    run = await make_run(session, queue, due(minutes=1), deployment_id=deployment.id)
    await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="worker")
    run.lease_expires_at = ago(seconds=1)
    await session.commit()
    return run


async def is_held(session, run) -> bool:
    await session.refresh(run)
    held = run.lease_kind is not None
    await session.commit()
    return held


async def pass_time(loop: ExpiredAttempts, clocks: Clocks, seconds: float) -> None:
    """Let time go by, with a pass every now and then."""
    for _ in range(round(seconds / 10)):
        clocks.passed += 10
        await loop.run_once()


@pytest.mark.parametrize("ahead", [600.0, -600.0])
async def test_a_jump_of_the_databases_clock_ends_no_lease(db, session, clocks, ahead):
    times = LeaseTimes(claim_seconds=LEASE_SECONDS, grace_seconds=10)
    loop = ExpiredAttempts(db, interval_seconds=10, lease_times=times)
    await loop.run_once()
    await pass_time(loop, clocks, LEASE_SECONDS)
    clocks.ahead = ahead
    run = await held_run(session)
    await loop.run_once()
    assert await is_held(session, run)
    await pass_time(loop, clocks, LEASE_SECONDS - 10)
    assert await is_held(session, run)
    await pass_time(loop, clocks, 10)
    assert not await is_held(session, run)
