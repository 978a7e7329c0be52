"""What a worker makes of the server's words about a run it holds."""

import asyncio
from uuid import uuid4

import pytest

from penstock.core.states import StateType
from penstock.schemas.responses import (
    FlowRunResponse,
    OrchestrationResult,
    SetStateStatus,
    StateAcceptDetails,
)
from penstock.schemas.states import AwaitingRetry, Cancelling, Completed, Pending, Running
from penstock.worker.held_run import HeldRun, Verdict
from penstock.worker.lease import Lease
from penstock.worker.outcome import failed
from penstock.worker.stopping import Stopping


class SlowReporter:
    """Accepts everything, once ``gate`` is open."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.proposed: list[str] = []

    async def propose(self, flow_run_id, state, attempt):
        self.proposed.append(state.type.value)
        self.asked.set()
        await self.gate.wait()
        return OrchestrationResult(
            state=state.to_state(), status=SetStateStatus.ACCEPT, details=StateAcceptDetails()
        )


def shown(run: FlowRunResponse, state) -> FlowRunResponse:
    return run.model_copy(update={"state": state, "state_id": state.id, "state_type": state.type})


@pytest.fixture
def run() -> FlowRunResponse:
    return shown(FlowRunResponse(flow_id=uuid4()), Pending())


@pytest.fixture
def reporter() -> SlowReporter:
    return SlowReporter()


@pytest.fixture
async def lease() -> Lease:
    return Lease(asyncio.get_running_loop().time(), 60)


@pytest.fixture
def held(run, reporter, lease) -> HeldRun:
    stopping = Stopping(drain_timeout_seconds=1, kill_grace_seconds=1)
    return HeldRun(run, 1, worker_name="w", reporter=reporter, stopping=stopping, lease=lease)


@pytest.mark.parametrize("effect", [AwaitingRetry, Completed, Running])
async def test_the_effect_of_a_proposal_on_its_way_is_no_news(run, held, reporter, effect):
    proposing = asyncio.create_task(held.conclude(failed("x")))
    await reporter.asked.wait()
    held.notice(shown(run, effect()))
    assert held.verdict is None
    reporter.gate.set()
    await proposing
    held.notice(shown(run, Cancelling()))
    assert held.verdict is Verdict.CANCEL


async def test_the_first_verdict_counts(run, held):
    held.notice(shown(run, Cancelling()))
    held.notice(shown(run, Completed()))
    held.revoke("It has ended.")
    assert held.verdict is Verdict.CANCEL


async def test_nothing_is_decided_by_what_is_known_or_unknown(run, held):
    held.notice(run)
    held.notice(run.model_copy(update={"state": None}))
    assert held.verdict is None


async def test_without_a_state_in_the_claim_every_later_one_is_news(run, reporter, lease):
    claimed = run.model_copy(update={"state": None})
    stopping = Stopping(drain_timeout_seconds=1, kill_grace_seconds=1)
    held = HeldRun(claimed, 1, worker_name="w", reporter=reporter, stopping=stopping, lease=lease)
    held.notice(run)
    assert held.verdict is None
    held.notice(shown(run, Completed()))
    assert held.verdict is Verdict.LET_GO
    assert run.state_type is StateType.PENDING


async def test_a_cancellation_noticed_before_the_start_is_carried_out(run, held, reporter):
    held.notice(shown(run, Cancelling()))
    reporter.gate.set()
    assert await held.begin() is False
    assert reporter.proposed == ["CANCELLED"]


async def test_an_answer_within_the_lease_starts_the_job(held, reporter):
    reporter.gate.set()
    assert await held.begin() is True
    assert held.verdict is None


async def test_an_answer_older_than_the_lease_starts_no_job(held, reporter, lease):
    beginning = asyncio.create_task(held.begin())
    await reporter.asked.wait()
    lease.renew(asyncio.get_running_loop().time() - 60, 60)
    held.lapse(grace_seconds=10)
    assert held.verdict is None
    reporter.gate.set()
    assert await beginning is False
    assert held.verdict is Verdict.LET_GO
    assert reporter.proposed == ["RUNNING"]


@pytest.mark.parametrize("extend", [Lease.bear, lambda lease, sent_at: lease.renew(sent_at, 60)])
async def test_what_the_server_said_meanwhile_counts(held, reporter, lease, extend):
    lease.renew(asyncio.get_running_loop().time() - 60, 60)
    beginning = asyncio.create_task(held.begin())
    await reporter.asked.wait()
    extend(lease, asyncio.get_running_loop().time())
    reporter.gate.set()
    assert await beginning is True


async def test_a_run_claimed_anew_while_the_answer_was_on_its_way_starts_no_job(held, reporter):
    beginning = asyncio.create_task(held.begin())
    await reporter.asked.wait()
    held.let_go()
    reporter.gate.set()
    assert await beginning is False
