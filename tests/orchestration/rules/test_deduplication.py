"""A transition that is proposed twice is made once (orchestration.md 1.6 rule 2)."""

from uuid import UUID, uuid4

from penstock.schemas.states import Completed, Pending, Running, State, StateDetails
from tests.support.factories import make_pool, make_queue, make_run
from tests.support.transitions import ask


def carrying(state: State, transition_id: UUID | None) -> State:
    """Return the state with a transition id."""
    return state.model_copy(update={"state_details": StateDetails(transition_id=transition_id)})


async def test_same_transition_again_is_answered_with_the_state_it_made(session):
    run, transition_id = await make_run(session), uuid4()
    first = await ask(session, run, carrying(Pending(), transition_id))
    assert first.brief == ("ACCEPT", ["Pending"])
    again = await ask(session, run, carrying(Pending(), transition_id))
    assert again.brief == ("REJECT", [])
    assert again.state == first.state


async def test_id_counts_whatever_state_is_proposed(session):
    run, transition_id = await make_run(session, state=Running()), uuid4()
    await ask(session, run, carrying(Running(), transition_id))
    assert (await ask(session, run, carrying(Completed(), transition_id))).brief == ("REJECT", [])


async def test_only_the_present_state_is_compared(session):
    run, transition_id = await make_run(session, state=Running()), uuid4()
    await ask(session, run, carrying(Running(), transition_id))
    await ask(session, run, carrying(Running(), uuid4()))
    assert (await ask(session, run, carrying(Running(), transition_id))).brief == ("ACCEPT", ["Running"])


async def test_answer_with_another_state_is_given_again_too(session):
    queue = await make_queue(session, await make_pool(session), concurrency_limit=1)
    busy, run = await make_run(session, queue, Running()), await make_run(session, queue)
    transition_id = uuid4()
    first = await ask(session, run, carrying(Pending(), transition_id))
    assert first.brief == ("REJECT", ["AwaitingConcurrencySlot"])
    await ask(session, busy, Completed())
    again = await ask(session, run, carrying(Pending(), transition_id))
    assert (again.brief, again.state) == (("REJECT", []), first.state)
    assert (await ask(session, run, carrying(Pending(), uuid4()))).brief == ("ACCEPT", ["Pending"])


async def test_without_an_id_nothing_is_the_same(session):
    run = await make_run(session, state=Running())
    for _ in range(2):
        assert (await ask(session, run, carrying(Running(), None))).brief == ("ACCEPT", ["Running"])
