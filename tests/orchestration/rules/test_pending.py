"""One worker takes a run (orchestration.md 1.6 rule 6)."""

from uuid import uuid4

import pytest

from penstock.schemas.states import Cancelled, Late, Pending, Running, Scheduled, StateDetails
from tests.support.factories import ago, make_pool, make_queue, make_run, propose
from tests.support.races import overlap
from tests.support.transitions import ask


@pytest.mark.conformance(104)
@pytest.mark.parametrize("state", [Pending, Running, Cancelled])
async def test_run_that_is_taken_is_not_given_again(session, state):
    run = await make_run(session, state=state())
    answer = await ask(session, run, Pending())
    assert answer.brief == ("ABORT", [])
    assert state().type.value.lower() in answer.reason.lower()


@pytest.mark.parametrize("state", [Scheduled(), Late()], ids=lambda state: state.name)
async def test_run_that_waits_is_taken(session, state):
    run = await make_run(session, state=state)
    assert (await ask(session, run, Pending())).brief == ("ACCEPT", ["Pending"])


async def test_holder_may_rename_its_state(session):
    planned, lease = ago(minutes=1), uuid4()
    held = StateDetails(scheduled_time=planned, deployment_concurrency_lease_id=lease)
    run = await make_run(session, state=Pending(state_details=held))
    for name in ("Submitting", "InfrastructurePending"):
        answer = await ask(session, run, Pending(name=name))
        assert answer.brief == ("ACCEPT", [name])
        assert answer.state.state_details.scheduled_time == planned
        assert answer.state.state_details.deployment_concurrency_lease_id == lease


async def test_renamed_state_may_bring_its_own_time(session):
    run = await make_run(session, state=Pending(state_details=StateDetails(scheduled_time=ago(hours=1))))
    own = StateDetails(scheduled_time=ago(hours=2))
    answer = await ask(session, run, Pending(name="Submitting", state_details=own))
    assert answer.state.state_details.scheduled_time == own.scheduled_time


@pytest.mark.parametrize(("present", "proposed"), [("Submitting", "Submitting"), ("Submitting", "Pending")])
async def test_state_is_not_renamed_to_itself_nor_back(session, present: str, proposed: str):
    run = await make_run(session, state=Pending(name=present))
    assert (await ask(session, run, Pending(name=proposed))).brief == ("ABORT", [])


@pytest.mark.conformance(104)
async def test_of_two_that_take_a_run_at_once_one_gets_it(db, session):
    run = await make_run(session, await make_queue(session, await make_pool(session)))
    await session.commit()

    async def take(own):
        return await propose(own, run, Pending())

    first, second = await overlap(db, take, take)
    assert (first.status, second.status) == ("ACCEPT", "ABORT")
    assert "PENDING" in second.details.reason
    assert second.state == first.state


async def test_scheduled_again_it_is_taken_again(session):
    run = await make_run(session, state=Cancelled(), deployment_id=uuid4())
    await ask(session, run, Scheduled(ago(seconds=1)))
    assert (await ask(session, run, Pending())).brief == ("ACCEPT", ["Pending"])
