"""Limits of tags in the rules of task runs (orchestration.md 1.11 rules 4, 11)."""

import pytest

from penstock.schemas.core import TaskRunPolicy
from penstock.schemas.states import Completed, Crashed, Failed, Pending, Running, StateDetails
from penstock.server import models
from penstock.server.models.concurrency_limits import read_holders
from tests.support.factories import make_run
from tests.support.task_runs import make_task_run, propose_for_task

limits = models.concurrency_limits


async def tag_limit(session, tag: str = "db", limit: int = 1):
    row, _ = await limits.put_tag_limit(session=session, tag=tag, limit=limit)
    return row


async def holders(session, limit) -> list:
    return (await read_holders(session, [limit.id]))[limit.id]


@pytest.fixture
async def flow_run(session):
    return await make_run(session, state=Running())


async def test_a_task_takes_a_slot_of_each_of_its_tags(session, flow_run):
    db, cpu = await tag_limit(session), await tag_limit(session, "cpu", 2)
    first = await make_task_run(session, flow_run, Pending(), tags=["db", "cpu", "free"])
    second = await make_task_run(session, flow_run, Pending(), tags=["cpu", "db"])
    assert (await propose_for_task(session, first, Running())).status == "ACCEPT"
    assert [await holders(session, one) for one in (db, cpu)] == [[first.id], [first.id]]
    refused = await propose_for_task(session, second, Running())
    assert refused.status == "WAIT"
    assert 1 <= refused.details.delay_seconds <= 15
    assert "'db'" in refused.details.reason
    assert await holders(session, cpu) == [first.id]
    assert (await propose_for_task(session, first, Running())).status == "ACCEPT"
    assert await holders(session, db) == [first.id]
    await propose_for_task(session, first, Completed())
    assert await holders(session, db) == []
    assert (await propose_for_task(session, second, Running())).status == "ACCEPT"


async def test_a_limit_of_zero_stops_the_task(session, flow_run):
    await tag_limit(session, "db", 0)
    task_run = await make_task_run(session, flow_run, Pending(), tags=["db"])
    result = await propose_for_task(session, task_run, Running())
    assert (result.status, result.state.type) == ("ABORT", "PENDING")


@pytest.mark.parametrize("end", [Completed, Failed, Crashed])
@pytest.mark.parametrize("force", [False, True])
async def test_the_end_frees_the_slot(session, flow_run, end, force):
    limit = await tag_limit(session)
    task_run = await make_task_run(session, flow_run, Pending(), tags=["db"])
    await propose_for_task(session, task_run, Running())
    await propose_for_task(session, task_run, end(), force=force)
    assert await holders(session, limit) == []


async def test_a_task_that_waits_for_its_next_try_holds_nothing(session, flow_run):
    limit = await tag_limit(session)
    policy = TaskRunPolicy(retries=1, retry_delay=0)
    task_run = await make_task_run(session, flow_run, Pending(), tags=["db"], empirical_policy=policy)
    await propose_for_task(session, task_run, Running())
    assert (await propose_for_task(session, task_run, Failed())).status == "REJECT"
    assert await holders(session, limit) == []
    assert (await propose_for_task(session, task_run, Running())).status == "ACCEPT"
    assert await holders(session, limit) == [task_run.id]


async def test_a_background_task_takes_no_slot(session):
    limit = await tag_limit(session)
    details = StateDetails(deferred=True)
    task_run = await make_task_run(session, None, Pending(state_details=details), tags=["db"])
    result = await propose_for_task(session, task_run, Running(state_details=details))
    assert result.status == "ACCEPT"
    assert await holders(session, limit) == []


async def test_deleting_the_task_or_its_flow_run_frees_the_slot(session, flow_run):
    limit = await tag_limit(session)
    task_run = await make_task_run(session, flow_run, Pending(), tags=["db"])
    await propose_for_task(session, task_run, Running())
    await models.flow_runs.delete_flow_run(session=session, flow_run_id=flow_run.id)
    assert await holders(session, limit) == []
