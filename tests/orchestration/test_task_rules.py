"""The rules of task runs, one after the other (orchestration.md 1.11)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.errors import ObjectNotFoundError
from penstock.core.ids import uuid7
from penstock.schemas.core import TaskRunPolicy
from penstock.schemas.states import (
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
    StateDetails,
)
from penstock.server.database.orm_models import FlowRun
from penstock.server.orchestration import set_task_run_state
from penstock.server.orchestration.task_rules.retries import spread
from tests.support.factories import make_run, propose
from tests.support.task_runs import make_task_run, propose_for_task, task_history

RESULT = {"type": "reference", "storage_key": "k"}


@pytest.fixture
async def flow_run(session: AsyncSession) -> FlowRun:
    return await make_run(session, state=Running())


def details(**values: Any) -> dict[str, Any]:
    return {"state_details": StateDetails(**values)}


async def test_an_ordinary_life(session: AsyncSession, flow_run: FlowRun) -> None:
    task = await make_task_run(session, flow_run)

    for state in (Running(), Completed(data=RESULT)):
        assert (await propose_for_task(session, task, state)).status == "ACCEPT"

    assert [one.name for one in await task_history(session, task)] == ["Pending", "Running", "Completed"]
    assert (task.run_count, task.state_name) == (1, "Completed")
    assert task.flow_run_run_count == flow_run.run_count
    assert task.start_time is not None
    assert task.end_time is not None
    assert task.total_run_time > 0
    assert task.state is not None
    assert task.state.state_details.task_run_id == task.id
    assert task.state.state_details.flow_run_id == flow_run.id


async def test_an_unknown_task_run(session: AsyncSession) -> None:
    with pytest.raises(ObjectNotFoundError):
        await set_task_run_state(session=session, task_run_id=uuid7(), state=Running())


async def test_a_cached_result_is_taken_over(session: AsyncSession, flow_run: FlowRun) -> None:
    first, second = await make_task_run(session, flow_run), await make_task_run(session, flow_run)
    await propose_for_task(session, first, Running(**details(cache_key="k")))
    await propose_for_task(session, first, Completed(data=RESULT, **details(cache_key="k")))

    result = await propose_for_task(session, second, Running(**details(cache_key="k")))

    assert (result.status, second.state_name) == ("REJECT", "Cached")
    assert result.state is not None
    assert result.state.data == RESULT
    assert result.state.id != first.state_id
    assert result.state.state_details.task_run_id == second.id


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ({"cache_key": "k"}, {"cache_key": "other"}),
        ({"cache_key": "k"}, {"cache_key": "k", "refresh_cache": True}),
        ({"cache_key": "k", "cache_expiration": utc_now() - timedelta(seconds=1)}, {"cache_key": "k"}),
        ({}, {"cache_key": "k"}),
    ],
)
async def test_what_is_not_cached_runs(
    session: AsyncSession, flow_run: FlowRun, kept: dict[str, Any], asked: dict[str, Any]
) -> None:
    await make_task_run(session, flow_run, Completed(data=RESULT, **details(**kept)))
    second = await make_task_run(session, flow_run)

    assert (await propose_for_task(session, second, Running(**details(**asked)))).status == "ACCEPT"


async def test_a_cache_key_may_not_be_too_long(session: AsyncSession, flow_run: FlowRun) -> None:
    task = await make_task_run(session, flow_run, Running())

    fits = await propose_for_task(session, task, Completed(**details(cache_key="k" * 2001)))

    assert fits.status == "REJECT"
    assert task.state_name == "Running"
    assert (
        await propose_for_task(session, task, Completed(**details(cache_key="k" * 2000)))
    ).status == "ACCEPT"


@pytest.mark.parametrize("ended", [Completed(), Failed(), Crashed(), Cancelled()])
@pytest.mark.parametrize("proposed", [Cancelling(), Paused(), Crashed()])
async def test_what_has_ended_cannot_be_stopped(
    session: AsyncSession, flow_run: FlowRun, ended: State, proposed: State
) -> None:
    task = await make_task_run(session, flow_run, ended.model_copy(update={"id": uuid7()}))

    result = await propose_for_task(session, task, proposed.model_copy(update={"id": uuid7()}))

    assert result.status == "ABORT"
    assert task.state_name == ended.name


async def test_a_result_is_not_lost(session: AsyncSession, flow_run: FlowRun) -> None:
    task = await make_task_run(session, flow_run, Completed(data=RESULT))

    assert (await propose_for_task(session, task, Running())).status == "REJECT"
    assert (await propose_for_task(session, task, Failed())).status == "REJECT"
    assert task.state_data == RESULT


async def test_running_again_counts_anew(session: AsyncSession, flow_run: FlowRun) -> None:
    task = await make_task_run(session, flow_run, Running())
    await propose_for_task(session, task, Failed())

    await propose_for_task(session, task, Running())

    assert (task.run_count, task.end_time) == (1, None)


async def test_running_again_because_the_flow_does_is_a_retry(
    session: AsyncSession, flow_run: FlowRun
) -> None:
    task = await make_task_run(session, flow_run, Running())
    await propose_for_task(session, task, Failed())
    await propose(session, flow_run, Running())

    result = await propose_for_task(session, task, Running())

    assert result.state is not None
    assert result.state.name == "Retrying"
    assert task.flow_run_run_count == flow_run.run_count == 2


@pytest.mark.parametrize("state", [Pending(), Completed(), Cancelling(), Scheduled()])
async def test_no_task_runs_while_its_flow_does_not(session: AsyncSession, state: State) -> None:
    flow_run = await make_run(session, state=state.model_copy(update={"id": uuid7()}))
    task = await make_task_run(session, flow_run)

    assert (await propose_for_task(session, task, Running())).status == "ABORT"
    assert task.state_name == "Pending"


async def test_a_task_waits_with_its_paused_flow(session: AsyncSession, flow_run: FlowRun) -> None:
    timeout = utc_now() + timedelta(minutes=5)
    await propose(session, flow_run, Paused(**details(pause_timeout=timeout)), force=True)
    task = await make_task_run(session, flow_run)

    result = await propose_for_task(session, task, Running())

    assert result.status == "REJECT"
    assert result.state is not None
    assert (result.state.type, result.state.name) == ("PAUSED", "NotReady")
    assert result.state.state_details.pause_timeout == timeout


async def test_a_task_without_a_flow_runs(session: AsyncSession) -> None:
    task = await make_task_run(session)

    assert (await propose_for_task(session, task, Running())).status == "ACCEPT"


async def test_a_task_does_not_run_before_its_time(session: AsyncSession, flow_run: FlowRun) -> None:
    planned = utc_now() + timedelta(seconds=100)
    task = await make_task_run(session, flow_run, Scheduled(planned))

    early = await propose_for_task(session, task, Running())
    await propose_for_task(session, task, Pending())
    still_early = await propose_for_task(session, task, Running())

    assert early.status == still_early.status == "WAIT"
    assert early.details.type == "wait_details"
    assert 98 <= early.details.delay_seconds <= 100
    assert task.state is not None
    assert task.state.state_details.scheduled_time == planned


async def test_a_failed_task_is_tried_again(session: AsyncSession, flow_run: FlowRun) -> None:
    policy = TaskRunPolicy(retries=2, retry_delay=[0, 60])
    task = await make_task_run(session, flow_run, empirical_policy=policy)
    await propose_for_task(session, task, Running())

    first = await propose_for_task(session, task, Failed(message="no", data={"type": "x"}))
    assert first.state is not None
    assert (first.status, first.state.name, first.state.message) == ("REJECT", "AwaitingRetry", "no")
    again = await propose_for_task(session, task, Running())
    assert again.state is not None
    assert again.state.name == "Retrying"

    second = await propose_for_task(session, task, Failed())
    assert second.state is not None
    assert second.state.state_details.scheduled_time is not None
    assert second.state.state_details.scheduled_time > utc_now() + timedelta(seconds=55)


async def test_retries_come_to_an_end(session: AsyncSession, flow_run: FlowRun) -> None:
    task = await make_task_run(session, flow_run, empirical_policy=TaskRunPolicy(retries=1))
    for _ in range(2):
        await propose_for_task(session, task, Running())
        result = await propose_for_task(session, task, Failed())

    assert (result.status, task.state_name, task.run_count) == ("ACCEPT", "Failed", 2)


async def test_what_cannot_be_retried_fails_at_once(session: AsyncSession, flow_run: FlowRun) -> None:
    task = await make_task_run(session, flow_run, empirical_policy=TaskRunPolicy(retries=3))
    await propose_for_task(session, task, Running())

    assert (await propose_for_task(session, task, Failed(**details(retriable=False)))).status == "ACCEPT"


@pytest.mark.parametrize(
    ("factor", "low", "high"), [(None, 10, 10), (0, 10, 10), (0.5, 10 / 1.5, 15), (3, 2.5, 40)]
)
def test_delays_are_spread_within_bounds(factor: float | None, low: float, high: float) -> None:
    delays = [spread(10, factor) for _ in range(200)]

    assert low <= min(delays) <= max(delays) <= high
    assert not factor or len(set(delays)) > 10


@pytest.mark.parametrize(
    ("before", "name", "found"),
    [
        (AwaitingRetry(), None, "Retrying"),
        (Pending(), None, "Rerunning"),
        (Pending(), "Mine", "Mine"),
    ],
)
async def test_further_tries_have_names(
    session: AsyncSession, flow_run: FlowRun, before: State, name: str | None, found: str
) -> None:
    task = await make_task_run(session, flow_run, Running())
    await propose_for_task(session, task, before.model_copy(update={"id": uuid7()}), force=True)

    result = await propose_for_task(session, task, Running(name=name))

    assert result.state is not None
    assert result.state.name == found


async def test_force_passes_the_rules_over(session: AsyncSession) -> None:
    flow_run = await make_run(session, state=Completed())
    task = await make_task_run(session, flow_run, Completed(data=RESULT))

    assert (await propose_for_task(session, task, Running(), force=True)).status == "ACCEPT"


async def test_a_deferred_task_is_taken_once(session: AsyncSession) -> None:
    parameters = uuid7()
    scheduled = Scheduled(**details(deferred=True, task_parameters_id=parameters))
    task = await make_task_run(session, None, scheduled)

    first = await propose_for_task(session, task, Pending())
    second = await propose_for_task(session, task, Pending())

    assert (first.status, second.status) == ("ACCEPT", "ABORT")
    assert first.state is not None
    assert first.state.state_details.deferred
    assert first.state.state_details.task_parameters_id == parameters
