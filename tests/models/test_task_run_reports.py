"""Task runs as engines report them: in any order, more than once, from several servers."""

import asyncio
import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.schemas.core import Event
from penstock.schemas.states import StateType
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import FlowRun
from penstock.server.models import flow_runs, task_run_reports, task_run_states, task_runs
from tests.support.events import make_event, task_run_event
from tests.support.factories import make_run
from tests.support.watching import watched

NOW = utc_now()


def life(flow_run: FlowRun, task_run_id: UUID, **task_run: str) -> list[Event]:
    """Return the events of a task run from its beginning to its end."""
    return [
        task_run_event(
            state,
            flow_run_id=flow_run.id,
            task_run_id=task_run_id,
            occurred=NOW + timedelta(seconds=number),
            run_count=number,
            **task_run,
        )
        for number, state in enumerate(("Pending", "Running", "Completed"))
    ]


async def record(session: AsyncSession, *events: Event) -> int:
    return await task_run_reports.record_task_run_reports(session=session, events=events)


async def test_a_reported_task_run_can_be_read(session: AsyncSession) -> None:
    run, task_run_id = await make_run(session), uuid4()

    assert await record(session, *life(run, task_run_id)) == 3

    row = await task_runs.read_task_run(session=session, task_run_id=task_run_id)
    assert row is not None
    assert (row.state_type, row.state_name, row.flow_run_id) == (StateType.COMPLETED, "Completed", run.id)
    assert (row.name, row.tags, row.run_count) == ("task-1", ["t"], 2)
    states = await task_run_states.read_task_run_states(session=session, task_run_id=task_run_id)
    assert [one.name for one in states] == ["Pending", "Running", "Completed"]
    assert states[0].state_details.flow_run_id == run.id
    assert states[0].state_details.task_run_id == task_run_id


async def test_the_order_and_repetitions_do_not_matter(session: AsyncSession) -> None:
    run, task_run_id = await make_run(session), uuid4()
    events = life(run, task_run_id) * 2
    random.Random(7).shuffle(events)

    for event in events:
        await record(session, event)

    row = await task_runs.read_task_run(session=session, task_run_id=task_run_id)
    assert row is not None
    assert (row.state_name, row.run_count) == ("Completed", 2)
    states = await task_run_states.read_task_run_states(session=session, task_run_id=task_run_id)
    assert [one.name for one in states] == ["Pending", "Running", "Completed"]


async def test_a_run_that_is_there_under_another_id_keeps_its_id(session: AsyncSession) -> None:
    run, first, second = await make_run(session), uuid4(), uuid4()
    pending, running, _ = life(run, first, dynamic_key="0")
    await record(session, pending, running)

    await record(session, life(run, second, dynamic_key="0")[2])

    row = await task_runs.read_task_run(session=session, task_run_id=first)
    assert row is not None
    assert row.state_name == "Completed"
    assert await task_runs.count_task_runs(session=session) == 1
    assert await task_runs.read_task_run(session=session, task_run_id=second) is None


async def test_a_flow_run_that_does_not_exist_is_no_failure(session: AsyncSession) -> None:
    run, task_run_id = await make_run(session), uuid4()
    unknown = task_run_event(flow_run_id=uuid4())

    assert await record(session, unknown, *life(run, task_run_id)) == 3
    assert await task_runs.count_task_runs(session=session) == 1


async def test_a_task_outside_of_a_flow_is_recorded_too(session: AsyncSession) -> None:
    task_run_id = uuid4()

    await record(session, task_run_event(flow_run_id=None, task_run_id=task_run_id))

    row = await task_runs.read_task_run(session=session, task_run_id=task_run_id)
    assert row is not None
    assert row.flow_run_id is None


@pytest.mark.parametrize(
    "changes",
    [
        {"payload": {}},
        {"payload": {"task_run": {"task_key": "a"}, "validated_state": {"type": "RUNNING"}}},
        {"payload": {"task_run": None, "validated_state": None}},
        {"resource": {"prefect.resource.id": "prefect.task-run.no-id", "prefect.orchestration": "client"}},
        {"resource": {"prefect.resource.id": f"prefect.task-run.{uuid4()}"}},
        {"event": "prefect.flow-run.Running"},
    ],
)
async def test_what_is_no_report_is_passed_over(session: AsyncSession, changes: dict[str, object]) -> None:
    run = await make_run(session)
    broken = task_run_event(flow_run_id=run.id).model_copy(update=changes)

    assert await record(session, broken, make_event()) == 0


async def test_deleting_a_flow_run_deletes_its_task_runs(session: AsyncSession) -> None:
    run, task_run_id = await make_run(session), uuid4()
    await record(session, *life(run, task_run_id))

    await flow_runs.delete_flow_run(session=session, flow_run_id=run.id)

    assert await task_runs.count_task_runs(session=session) == 0


async def test_two_servers_may_record_the_same_at_once(db: DBInterface) -> None:
    async with db.session_context(begin_transaction=True) as session:
        run = await make_run(session)
    ids = [uuid4() for _ in range(10)]
    events = [event for task_run_id in ids for event in life(run, task_run_id)]

    async def server(seed: int) -> None:
        mine = list(events)
        random.Random(seed).shuffle(mine)
        for start in range(0, len(mine), 7):
            async with db.session_context(begin_transaction=True) as session:
                await record(session, *mine[start : start + 7])

    await asyncio.gather(*(server(seed) for seed in range(3)))

    async with db.session_context() as session:
        rows = await task_runs.read_task_runs(session=session)
        assert {row.id for row in rows} == set(ids)
        assert {row.state_name for row in rows} == {"Completed"}
        for row in rows:
            states = await task_run_states.read_task_run_states(session=session, task_run_id=row.id)
            assert len(states) == 3


@pytest.mark.only_on("sqlite", reason="PostgreSQL reads a table as small as this one as a whole")
async def test_other_task_runs_are_not_looked_at(db: DBInterface, session: AsyncSession) -> None:
    run = await make_run(session)
    async with watched(db) as watch:
        await record(session, *life(run, uuid4()), *life(run, uuid4(), dynamic_key="other"))
    assert any("task_run" in plan.indexes for plan in watch.plans)
    assert all("task_run" not in plan.scans for plan in watch.plans)
