"""Proposals as clients send them: several at once for one run, each judged on what the run really is."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ConflictError
from penstock.core.states import StateType
from penstock.schemas.responses import SetStateStatus
from penstock.schemas.states import Cancelled, Completed, Crashed, Failed, Pending, Running, State
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import ConcurrencyLease, Event, FlowRun, WorkPool
from penstock.server.models import doctor, flow_run_states, flow_runs
from penstock.server.orchestration import Proposer, claim_flow_runs, propose_flow_run_state
from penstock.server.orchestration.readings import look_at_transition
from penstock.server.orchestration.set_state import OvertakenError, answer
from tests.support.factories import make_deployment, make_pool, make_queue, make_run, make_runs
from tests.support.statements import recorded

ENDS = (Completed, Failed, Crashed, Cancelled)


@pytest.fixture
async def pool(session: AsyncSession) -> WorkPool:
    """A pool with eight waiting runs."""
    pool = await make_pool(session)
    await make_runs(session, await make_queue(session, pool), 8)
    await session.commit()
    return pool


@pytest.fixture
async def held(db: DBInterface, pool: WorkPool) -> AsyncIterator[list[FlowRun]]:
    """The runs, claimed by one worker."""
    async with db.session_context(begin_transaction=True) as session:
        runs = await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="w")
    assert len(runs) == 8
    yield runs
    async with db.session_context() as session:
        assert (await doctor.examine(session=session)).violation_count == 0


async def history(db: DBInterface, run: FlowRun) -> list[State]:
    async with db.session_context() as session:
        rows = await flow_run_states.read_flow_run_states(session, run.id)
        return [State.model_validate(row) for row in rows]


async def test_ends_that_come_at_once_follow_one_another(db: DBInterface, held: list[FlowRun]):
    for run in held:
        await propose_flow_run_state(db, run.id, Running())
        proposed = [end() for end in ENDS]
        answers = await asyncio.gather(*(propose_flow_run_state(db, run.id, state) for state in proposed))

        states = await history(db, run)
        accepted = [answer for answer in answers if answer.status is SetStateStatus.ACCEPT]
        # a person may correct an end, so more than one may be accepted: one after the other
        assert [one.type for one in states[:3]] == [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]
        assert {one.id for one in states[3:]} == {one.state.id for one in accepted if one.state is not None}
        assert all(before.timestamp < after.timestamp for before, after in pairwise(states))
        async with db.session_context() as session:
            found = await flow_runs.read_flow_run(session=session, flow_run_id=run.id)
        assert found is not None
        assert (found.state_id, found.lease_kind) == (states[-1].id, None)


async def test_a_change_in_between_is_not_lost(db: DBInterface, held: list[FlowRun]):
    """A run that was changed after it was read is judged anew, under its lock."""
    with recorded(db) as statements:
        for run in held:
            proposer = Proposer("w", attempt=run.attempt)
            answer, *_ = await asyncio.gather(
                propose_flow_run_state(db, run.id, Running(), proposer=proposer),
                *(rename(db, run, f"name {number}") for number in range(3)),
            )
            assert answer.status is SetStateStatus.ACCEPT
    async with db.session_context() as session:
        for run in held:
            found = await session.get_one(FlowRun, run.id)
            assert (found.state_type, found.name[:5]) == (StateType.RUNNING, "name ")
    judged_again = [one for one in statements if "FOR UPDATE OF flow_run" in one]
    assert judged_again or db.dialect.row_version is None


async def rename(db: DBInterface, run: FlowRun, name: str) -> None:
    async with db.session_context(begin_transaction=True) as session:
        await session.execute(sa.update(FlowRun).where(FlowRun.id == run.id).values(name=name))


async def test_a_lost_attempt_says_nothing(db: DBInterface, held: list[FlowRun]):
    run, *_ = held
    with pytest.raises(ConflictError, match="attempt 1 is the current one"):
        await propose_flow_run_state(db, run.id, Completed(), proposer=Proposer("w", attempt=7))
    assert [state.type for state in await history(db, run)] == [StateType.SCHEDULED, StateType.PENDING]


async def test_a_refusal_writes_nothing(db: DBInterface, held: list[FlowRun]):
    run, *_ = held
    await propose_flow_run_state(db, run.id, Completed())
    with recorded(db) as statements:
        answer = await propose_flow_run_state(db, run.id, Crashed())
    assert answer.status is SetStateStatus.ABORT
    assert all(one.lstrip().startswith("SELECT") for one in statements)
    assert len(await history(db, run)) == 3


async def test_what_changes_the_run_alone_takes_two_requests_where_rows_have_versions(
    db: DBInterface, held: list[FlowRun]
):
    run, *_ = held
    most = 4 if db.dialect.row_version is None else 2
    for state in (Running(), Completed()):
        with recorded(db) as statements:
            await propose_flow_run_state(db, run.id, state)
        assert len(statements) <= most
    async with db.session_context() as session:
        recorded_events = set(await session.scalars(sa.select(Event.id)))
    assert {state.id for state in await history(db, run)} <= recorded_events


async def test_pending_is_refused_where_it_was_taken_meanwhile(db: DBInterface, pool: WorkPool):
    async with db.session_context() as session:
        [run, *_] = await flow_runs.read_flow_runs(session=session)
    answers = await asyncio.gather(*(propose_flow_run_state(db, run.id, Pending()) for _ in range(5)))
    assert [answer.status for answer in answers].count(SetStateStatus.ACCEPT) == 1


async def test_a_limit_that_comes_in_between_gets_its_slot_back(
    db: DBInterface, client: httpx.AsyncClient, session: AsyncSession
):
    """Who sets the limit lends slots to the runs under way; their rows do not change by that."""
    deployment = await make_deployment(session, await make_queue(session, await make_pool(session)))
    run = await make_run(session, state=Running(), deployment_id=deployment.id)
    await session.commit()
    async with db.looking_context() as looking, db.direct_context() as direct:
        if db.dialect.row_version is not None:
            seen = await look_at_transition(looking, direct, run.id, db.dialect.row_version, Completed())
            assert seen.is_about_the_run_alone
        answered = await client.patch(f"/deployments/{deployment.id}", json={"concurrency_limit": 1})
        assert answered.status_code == 204
        if db.dialect.row_version is not None:
            with pytest.raises(OvertakenError):
                await answer(seen)

    assert await count_leases(db) == 1
    assert len(await history(db, run)) == 1
    result = await propose_flow_run_state(db, run.id, Completed())

    assert result.status is SetStateStatus.ACCEPT
    assert await count_leases(db) == 0


async def count_leases(db: DBInterface) -> int:
    async with db.session_context() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(ConcurrencyLease)) or 0
