"""Pausing, suspending and going on (orchestration.md 1.7)."""

from datetime import timedelta
from typing import Any

import pytest

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.responses import SetStateStatus
from penstock.schemas.states import (
    Cancelled,
    Cancelling,
    Completed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
    StateType,
)
from penstock.server.database.orm_models import FlowRun
from tests.support.factories import ago, history, make_deployment, make_run, propose, set_columns

ACCEPT, REJECT, ABORT = SetStateStatus.ACCEPT, SetStateStatus.REJECT, SetStateStatus.ABORT


def paused(**details: Any) -> State:
    return Paused(state_details=details)


def suspended(**details: Any) -> State:
    return paused(pause_reschedule=True, **details)


async def running(session: Any, **fields: Any) -> FlowRun:
    run = await make_run(session, state=Pending(), **fields)
    assert (await propose(session, run, Running())).status is ACCEPT
    return run


async def running_of_deployment(session: Any) -> FlowRun:
    deployment = await make_deployment(session)
    return await running(session, deployment_id=deployment.id)


async def test_a_running_run_pauses_and_keeps_a_key(session):
    run = await running(session)
    timeout = utc_now() + timedelta(hours=1)
    assert (await propose(session, run, paused(pause_timeout=timeout))).status is ACCEPT
    assert len(run.empirical_policy.pause_keys) == 1
    assert run.paused_until == timeout


async def test_a_key_pauses_once(session):
    run = await running(session)
    await propose(session, run, paused(pause_key="ask"))
    await propose(session, run, Running())
    assert run.paused_until is None
    result = await propose(session, run, paused(pause_key="ask"))
    assert (result.status, result.state.type) == (REJECT, StateType.RUNNING)
    assert (await propose(session, run, paused(pause_key="again"))).status is ACCEPT
    assert run.empirical_policy.pause_keys == {"ask", "again"}


@pytest.mark.parametrize("state", [Scheduled(), Pending(), Cancelling(), paused()])
async def test_only_a_running_run_pauses(session, state: State):
    run = await make_run(session, state=state)
    result = await propose(session, run, paused())
    assert (result.status, result.state.id) == (REJECT, run.state_id)


async def test_what_cannot_be_suspended(session):
    run = await running(session)
    assert (await propose(session, run, suspended())).status is ABORT
    deployment = await make_deployment(session)
    child = await running(session, deployment_id=deployment.id, parent_task_run_id=None)
    await set_columns(session, child, parent_task_run_id=uuid7())
    assert (await propose(session, child, suspended())).status is ABORT
    assert (await propose(session, child, paused())).status is ACCEPT


@pytest.mark.parametrize("state", [Running(), Scheduled(), Completed(), Failed(), Cancelled(), Cancelling()])
async def test_a_paused_run_goes_on_or_ends(session, state: State):
    run = await running_of_deployment(session)
    await propose(session, run, paused())
    assert (await propose(session, run, state)).status is ACCEPT


@pytest.mark.parametrize("state", [Pending(), paused()])
async def test_a_paused_run_does_nothing_else(session, state: State):
    run = await running(session)
    await propose(session, run, paused())
    result = await propose(session, run, state)
    assert (result.status, result.state.type) == (REJECT, StateType.PAUSED)


async def test_going_on_is_not_one_more_try(session):
    run = await running(session)
    await propose(session, run, paused())
    await propose(session, run, Running())
    assert (run.run_count, run.empirical_policy.resuming) == (1, False)


async def test_a_suspended_run_comes_back_through_its_queue(session):
    run = await running_of_deployment(session)
    await propose(session, run, suspended())
    await propose(session, run, Scheduled(name="Resuming"))
    assert run.empirical_policy.resuming is True
    for state in (Pending(), Running()):
        assert (await propose(session, run, state)).status is ACCEPT
    assert (run.run_count, run.empirical_policy.resuming) == (1, False)
    assert len(await history(session, run)) == 6


async def test_a_suspended_run_whose_deployment_is_gone_stays(session):
    run = await running_of_deployment(session)
    await propose(session, run, suspended())
    await set_columns(session, run, deployment_id=None)
    assert (await propose(session, run, Scheduled())).status is REJECT


async def test_going_on_too_late_is_a_failure(session):
    run = await running(session)
    await propose(session, run, paused(pause_timeout=ago(seconds=1)))
    result = await propose(session, run, Running())
    assert (result.status, result.state.type) == (REJECT, StateType.FAILED)
    assert run.state_type is StateType.FAILED
    assert run.paused_until is None


async def test_a_suspended_run_is_cancelled_at_once(session):
    run = await running_of_deployment(session)
    await propose(session, run, suspended())
    result = await propose(session, run, Cancelling())
    assert (result.status, result.state.type) == (REJECT, StateType.CANCELLED)
