"""What time does to runs: late, a pause that is over, a cancel nobody answers, children of cancelled runs."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.states import (
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
    StateType,
)
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import Event, FlowRun, FlowRunState, TaskRun
from penstock.server.services import CancellationCleanup, LateRuns, PauseExpirations
from tests.support.factories import ago, due, event_names, history, make_deployment, make_run, set_columns


def late_runs(db: DBInterface) -> LateRuns:
    return LateRuns(db, interval_seconds=5, after_seconds=15)


async def state_of(db: DBInterface, run: FlowRun) -> tuple[StateType | None, str | None]:
    async with db.session_context() as session:
        row = await session.get(FlowRun, run.id)
    assert row is not None
    return row.state_type, row.state_name


async def test_overdue_runs_become_late_and_keep_their_time(db, session):
    planned = ago(seconds=20)
    run = await make_run(session, state=Scheduled(planned))
    await session.commit()
    await late_runs(db).run_once()
    await session.refresh(run)
    assert (run.state_type, run.state_name) == (StateType.SCHEDULED, "Late")
    assert run.next_scheduled_start_time == run.expected_start_time == planned
    assert run.state.state_details.scheduled_time == planned
    assert [state.name for state in await history(session, run)] == ["Scheduled", "Late"]
    event = await session.scalar(sa.select(Event).where(Event.id == run.state_id))
    assert event is not None
    assert event.event == "prefect.flow-run.Late"
    await late_runs(db).run_once()
    assert len(await history(session, run)) == 2


@pytest.mark.parametrize(
    "state",
    [AwaitingRetry(ago(hours=1)), Scheduled(ago(hours=1), name="Resuming"),
     Scheduled(ago(hours=1), name="AwaitingConcurrencySlot"), Pending(), Running(), None],
)  # fmt: skip
async def test_who_is_not_late(db, session, state: State | None):
    state = state or due(seconds=-60)
    run = await make_run(session, state=state)
    await session.commit()
    await late_runs(db).run_once()
    assert (await state_of(db, run))[1] == state.name


async def test_a_run_has_some_time_to_start(db, session):
    run = await make_run(session, state=due(seconds=100))
    await session.commit()
    await LateRuns(db, interval_seconds=5, after_seconds=1000).run_once()
    assert (await state_of(db, run))[1] == "Scheduled"


async def test_many_late_runs_are_marked_in_one_pass_once_each(db, session):
    flow_id = (await make_run(session, state=Pending())).flow_id
    rows = [
        {
            "id": uuid7(), "name": f"r{number}", "flow_id": flow_id, "state_id": uuid7(),
            "state_type": StateType.SCHEDULED, "state_name": "Scheduled", "state_timestamp": ago(hours=1),
            "next_scheduled_start_time": ago(minutes=5),
        }
        for number in range(450)
    ]  # fmt: skip
    await session.execute(sa.insert(FlowRun), rows)
    await session.commit()
    await asyncio.gather(late_runs(db).run_once(), late_runs(db).run_once())
    late = sa.select(sa.func.count()).select_from(FlowRun).where(FlowRun.state_name == "Late")
    assert await session.scalar(late) == 450
    states = sa.select(sa.func.count()).select_from(FlowRunState).where(FlowRunState.name == "Late")
    assert await session.scalar(states) == 450


async def test_pauses_end(db, session):
    runs = [
        await make_run(session, state=Paused(state_details={"pause_timeout": timeout}))
        for timeout in (ago(seconds=1), utc_now() + timedelta(hours=1), None)
    ]
    await session.commit()
    await PauseExpirations(db, interval_seconds=5).run_once()
    assert [(await state_of(db, run))[0] for run in runs] == [
        StateType.FAILED, StateType.PAUSED, StateType.PAUSED,
    ]  # fmt: skip
    assert "flow-run.Failed" in await event_names(session)


def cleanup(db: DBInterface) -> CancellationCleanup:
    return CancellationCleanup(db, interval_seconds=20, timeout_seconds=300)


async def test_cancels_that_nobody_answers_end(db, session):
    old, young = [await make_run(session, state=Cancelling()) for _ in range(2)]
    await set_columns(session, old, state_timestamp=ago(seconds=301))
    await set_columns(session, young, state_timestamp=ago(seconds=299))
    await session.commit()
    await cleanup(db).run_once()
    assert (await state_of(db, old))[0] is StateType.CANCELLED
    assert (await state_of(db, young))[0] is StateType.CANCELLING


async def add_task_run(session, parent: FlowRun) -> TaskRun:
    task_run = TaskRun(
        name="t", flow_run_id=parent.id, task_key="t", dynamic_key=str(uuid7()), state_id=uuid7(),
        state_type=StateType.RUNNING, state_name="Running", state_timestamp=utc_now(),
    )  # fmt: skip
    session.add(task_run)
    await session.flush()
    return task_run


async def test_children_of_cancelled_runs_are_cancelled(db, session):
    deployment = await make_deployment(session)
    cancelled, alive = await make_run(session, state=Running()), await make_run(session, state=Running())
    task_run, other = await add_task_run(session, cancelled), await add_task_run(session, alive)
    plain = await make_run(session, state=Running(), parent_task_run_id=task_run.id)
    deployed = await make_run(
        session, state=Running(), parent_task_run_id=task_run.id, deployment_id=deployment.id
    )
    waiting = await make_run(
        session, state=Scheduled(), parent_task_run_id=task_run.id, deployment_id=deployment.id
    )
    unrelated = await make_run(session, state=Running(), parent_task_run_id=other.id)
    await session.commit()
    await cleanup(db).run_once()
    assert (await state_of(db, plain))[0] is StateType.RUNNING
    await set_columns(session, cancelled, state_type=StateType.CANCELLED, end_time=utc_now())
    await session.commit()
    await cleanup(db).run_once()
    assert [(await state_of(db, run))[0] for run in (plain, deployed, waiting, unrelated)] == [
        StateType.CANCELLED, StateType.CANCELLING, StateType.CANCELLED, StateType.RUNNING,
    ]  # fmt: skip
    await session.refresh(task_run)
    await session.refresh(other)
    assert (task_run.state_type, other.state_type) == (StateType.CANCELLED, StateType.RUNNING)
    assert Cancelled().name in [state.name for state in await history(session, plain)]
