"""Who speaks for a run that he does not hold, known by the names in his requests, changes nothing."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.states import Cancelled, Cancelling, Completed, Crashed, Failed, Pending, Running
from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.orchestration import Proposer
from tests.support.factories import ago, default_queue, make_pool, set_columns
from tests.support.observed_runs import end_what_is_over, hear, process_of, propose, running_run


@pytest.fixture
async def pool(session: AsyncSession) -> WorkPool:
    return await make_pool(session)


@pytest.fixture
async def queue(session: AsyncSession, pool: WorkPool) -> WorkQueue:
    return await default_queue(session, pool)


class TestFencingByNames:
    async def given_away(self, session: AsyncSession, queue: WorkQueue) -> FlowRun:
        """A run whose first worker was lost, now with another."""
        run = await running_run(session, queue, "old")
        await hear(session, run)
        await set_columns(session, run, lease_expires_at=ago(seconds=1))
        assert await end_what_is_over(session, run)
        is_due = {"scheduled_time": ago(seconds=1)}
        await propose(session, run, Pending(state_details=is_due), Proposer("new"))
        await propose(session, run, Running(), process_of(run, "new"))
        assert (run.attempt, run.worker_name, run.state_name) == (2, "new", "Running")
        return run

    @pytest.mark.parametrize("force", [False, True])
    async def test_the_process_of_an_old_attempt_is_refused(self, session, queue, force):
        run = await self.given_away(session, queue)
        for late in (Completed, Failed, Crashed, Running):
            assert await propose(session, run, late(), process_of(run, "old"), force=force) == "ABORT"
        assert (run.state_name, run.attempt) == ("Running", 2)
        assert await propose(session, run, Completed(), process_of(run, "new")) == "ACCEPT"

    async def test_the_worker_of_an_old_attempt_does_not_touch_the_new_one(self, session, queue):
        run = await self.given_away(session, queue)
        for force in (False, True):
            assert await propose(session, run, Crashed(), Proposer("old"), force=force) == "ABORT"
        assert (run.state_name, run.attempt) == ("Running", 2)

    async def test_a_second_process_does_not_start_what_runs(self, session, queue):
        run = await running_run(session, queue)
        assert await propose(session, run, Running(), process_of(run)) == "ABORT"
        assert run.run_count == 1

    async def test_any_worker_may_confirm_a_cancel_and_any_process_ask_for_one(self, session, queue):
        run = await running_run(session, queue)
        assert await propose(session, run, Cancelling(), process_of(run, "other")) == "ACCEPT"
        assert await propose(session, run, Cancelled(), Proposer("other"), force=True) == "ACCEPT"

    async def test_the_process_of_another_flow_is_treated_as_a_user_is(self, session, queue):
        run = await running_run(session, queue)
        other = await running_run(session, queue)
        assert other.deployment_id != run.deployment_id
        assert (
            await propose(session, run, Cancelled(), process_of(other, "elsewhere"), force=True) == "ACCEPT"
        )
