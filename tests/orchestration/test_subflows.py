"""The task run that a subflow stands for shows the subflow's state (orchestration.md 1.8)."""

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.ids import uuid7
from penstock.schemas.states import Completed, Pending, Running
from penstock.server import orchestration
from tests.support.factories import default_queue, due, history, make_pool, make_run, propose
from tests.support.task_runs import make_task_run, task_history


async def test_every_state_of_the_child_is_mirrored(session: AsyncSession) -> None:
    parent = await make_run(session, state=Running())
    task = await make_task_run(session, parent)
    child = await make_run(session, state=Pending(), parent_task_run_id=task.id)

    await propose(session, child, Running())
    await propose(session, child, Completed(message="done"))

    states = await task_history(session, task)
    assert [one.name for one in states] == ["Pending", "Pending", "Running", "Completed"]
    last = states[-1]
    assert (last.message, last.state_details.child_flow_run_id) == ("done", child.id)
    assert (last.state_details.flow_run_id, last.state_details.task_run_id) == (parent.id, task.id)
    assert {one.id for one in states}.isdisjoint(one.id for one in await history(session, child))
    own = (await history(session, child))[-1].state_details
    assert (own.task_run_id, own.child_flow_run_id) == (task.id, None)


async def test_a_claim_is_mirrored_too(session: AsyncSession) -> None:
    pool = await make_pool(session)
    task = await make_task_run(session, await make_run(session, state=Running()))
    child = await make_run(
        session, await default_queue(session, pool), due(seconds=1), parent_task_run_id=task.id
    )

    claimed = await orchestration.claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="w")

    assert [run.id for run in claimed] == [child.id]
    assert [one.name for one in await task_history(session, task)] == ["Pending", "Scheduled", "Pending"]


async def test_a_parent_that_is_not_known_is_no_failure(session: AsyncSession) -> None:
    child = await make_run(session, state=Pending(), parent_task_run_id=uuid7())

    assert (await propose(session, child, Running())).status == "ACCEPT"


async def test_a_refused_state_is_not_mirrored(session: AsyncSession) -> None:
    task = await make_task_run(session, await make_run(session, state=Running()))
    child = await make_run(session, state=Completed(), parent_task_run_id=task.id)

    assert (await propose(session, child, Pending())).status == "ABORT"

    assert len(await task_history(session, task)) == 2
