"""Attempts of workers that renew nothing: signs of life keep them, a worker that is gone shortens them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseKind
from penstock.schemas.states import Completed, Pending, Running
from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.models import attempts
from penstock.server.models.workers import delete_worker, worker_heartbeat
from penstock.server.orchestration import (
    Proposer,
    claim_flow_runs,
)
from tests.support.factories import (
    ago,
    default_queue,
    due,
    make_pool,
    make_run,
    set_columns,
)
from tests.support.observed_runs import (
    TIMES,
    end_what_is_over,
    go_offline,
    hear,
    process_of,
    propose,
    running_run,
    seconds_left,
    taken_run,
)


@pytest.fixture
async def pool(session: AsyncSession) -> WorkPool:
    return await make_pool(session)


@pytest.fixture
async def queue(session: AsyncSession, pool: WorkPool) -> WorkQueue:
    return await default_queue(session, pool)


class TestSignsOfLife:
    async def test_a_sign_of_life_is_a_new_lease(self, session, queue):
        run = await running_run(session, queue)
        await set_columns(session, run, lease_expires_at=ago(seconds=1))
        await hear(session, run)
        assert not await end_what_is_over(session, run)
        assert seconds_left(run) > TIMES.silence_seconds - 60
        assert run.last_sign_of_life is not None

    async def test_no_lease_becomes_shorter(self, session, queue):
        run = await running_run(session, queue)
        far = ago(hours=-2)
        await set_columns(session, run, lease_expires_at=far)
        await hear(session, run)
        assert run.lease_expires_at == far
        assert run.last_sign_of_life is not None

    async def test_what_is_not_observed_running_is_left_alone(self, session, pool, queue):
        pending = await taken_run(session, queue)
        ended = await running_run(session, queue)
        await propose(session, ended, Completed(), process_of(ended))
        claimed = await make_run(session, queue, due(minutes=1))
        await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="c")
        await session.refresh(claimed)
        runs = [pending, ended, claimed]
        before = [one.lease_expires_at for one in runs]
        await hear(session, *runs)
        assert claimed.lease_kind == LeaseKind.CLAIMED
        assert [one.lease_expires_at for one in runs] == before
        assert [one.last_sign_of_life for one in runs] == [None, None, None]

    async def test_what_was_recorded_just_before_is_not_written_again(self, session, queue):
        run = await running_run(session, queue)
        await hear(session, run)
        first = run.last_sign_of_life, run.lease_expires_at
        await hear(session, run)
        assert (run.last_sign_of_life, run.lease_expires_at) == first
        await set_columns(session, run, lease_expires_at=ago(seconds=-40))
        await hear(session, run)
        assert seconds_left(run) > 60


class TestSilence:
    async def silent(self, session, run):
        await set_columns(session, run, lease_expires_at=ago(seconds=1))
        return await end_what_is_over(session, run)

    async def test_a_run_that_gave_signs_and_gives_none_any_more_is_over(self, session, queue):
        run = await running_run(session, queue)
        await hear(session, run)
        assert await self.silent(session, run)
        assert run.state_name == "AwaitingRetry"
        assert "The run's process on worker 'w' was not heard of for" in run.state_message

    @pytest.mark.parametrize("requests", [False, True])
    async def test_a_run_that_never_gave_lasting_signs_stays_with_its_online_worker(
        self, session, queue, requests
    ):
        run = await running_run(session, queue)
        if requests:
            await hear(session, run, are_lasting=False)
        assert not await self.silent(session, run)
        assert (run.state_name, seconds_left(run) > 60) == ("Running", True)
        await go_offline(session)
        assert await self.silent(session, run)

    async def test_a_run_of_a_nameless_worker_without_signs_is_not_judged(self, session, queue):
        """Older clients send neither names nor heartbeats."""
        run = await make_run(session, queue, due(minutes=1))
        await propose(session, run, Pending(), Proposer())
        await propose(session, run, Running(), Proposer())
        assert not await self.silent(session, run)
        await hear(session, run)
        assert await self.silent(session, run)


class TestALostWorker:
    async def shorten(self, session: AsyncSession, *runs: FlowRun) -> int:
        orphans = await attempts.find_orphans(session=session, times=TIMES, limit=100)
        shortened = await attempts.shorten_leases_of_orphans(
            session=session, flow_run_ids=orphans, times=TIMES
        )
        assert len(orphans) == shortened
        for run in runs:
            await session.refresh(run)
        return shortened

    async def test_its_pending_runs_go_back_and_its_running_ones_have_little_time(self, session, queue):
        pending, running = await taken_run(session, queue), await running_run(session, queue)
        await go_offline(session)
        assert await self.shorten(session, pending, running) == 2
        assert await end_what_is_over(session, pending)
        assert (pending.state_name, pending.infra_failures) == ("AwaitingRetry", 1)
        assert "Worker 'w' is gone and had not started the run" in pending.state_message
        assert TIMES.orphan_seconds - 60 < seconds_left(running) <= TIMES.orphan_seconds
        assert await self.shorten(session) == 0

    async def test_runs_of_other_workers_queues_and_pools_are_left_alone(self, session, queue):
        other = await default_queue(session, await make_pool(session))
        mine = await running_run(session, queue)
        theirs = [await running_run(session, queue, "online"), await running_run(session, other)]
        await go_offline(session)
        await worker_heartbeat(session=session, work_pool_id=other.work_pool_id, worker_name="w")
        assert await self.shorten(session, mine, *theirs) == 1
        assert [seconds_left(run) > TIMES.orphan_seconds for run in (mine, *theirs)] == [False, True, True]

    async def test_many_holders_are_all_looked_at(self, session):
        runs = []
        for worker in ("a", "b", "c"):
            queue = await default_queue(session, await make_pool(session))
            runs += [await running_run(session, queue, worker) for _ in range(2)]
        for worker in ("a", "c"):
            await go_offline(session, worker)
        assert await self.shorten(session, *runs) == 4
        assert [seconds_left(run) <= TIMES.orphan_seconds for run in runs] == [
            True,
            True,
            False,
            False,
            True,
            True,
        ]

    async def test_a_process_that_outlives_its_worker_keeps_its_run(self, session, queue):
        run = await running_run(session, queue)
        await go_offline(session)
        await self.shorten(session)
        await hear(session, run)
        assert await self.shorten(session, run) == 0
        assert seconds_left(run) > TIMES.orphan_seconds
        assert await propose(session, run, Completed(), process_of(run)) == "ACCEPT"

    async def test_claimed_runs_are_judged_by_their_leases_only(self, session, pool, queue):
        await worker_heartbeat(session=session, work_pool_id=pool.id, worker_name="w")
        run = await make_run(session, queue, due(minutes=1))
        await claim_flow_runs(
            session=session,
            work_pool_id=pool.id,
            worker_name="w",
            lease_times=replace(TIMES, claim_seconds=999),
        )
        await go_offline(session)
        assert await self.shorten(session, run) == 0

    async def test_what_a_worker_holds_is_shortened_but_never_prolonged(self, session, pool, queue):
        soon, later = ago(seconds=-5), ago(minutes=-9)
        runs = [await running_run(session, queue) for _ in range(3)]
        await set_columns(session, runs[0], lease_expires_at=soon)
        await set_columns(session, runs[1], lease_expires_at=later)
        await set_columns(session, runs[2], state_timestamp=ago(minutes=-1))

        async def let_go(before: datetime) -> int:
            return await attempts.shorten_leases_of_worker(
                session=session,
                work_pool_id=pool.id,
                worker_name="w",
                pending_seconds=45,
                seconds=45,
                taken_before=before,
            )

        assert await let_go(ago()) == 1
        for run in runs:
            await session.refresh(run)
        assert runs[0].lease_expires_at == soon
        assert runs[1].lease_expires_at < later - timedelta(minutes=7)
        assert seconds_left(runs[2]) > 60

    async def test_a_deleted_worker_is_gone(self, session, pool, queue):
        run = await running_run(session, queue)
        await delete_worker(session=session, work_pool_id=pool.id, worker_name="w")
        await set_columns(session, run, lease_expires_at=ago(seconds=1))
        assert await end_what_is_over(session, run)
