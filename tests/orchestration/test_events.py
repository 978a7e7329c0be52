"""The event of every written state (orchestration.md 6.1)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from penstock.schemas.core import CreatedBy, FlowRunPolicy
from penstock.schemas.states import Cancelling, Failed, Paused, Pending, Running, Scheduled, StateDetails
from penstock.server.database.orm_models import Event
from penstock.server.models import events
from penstock.server.orchestration import claim_flow_runs
from tests.support.factories import (
    ago,
    due,
    event_names,
    make_deployment,
    make_flow,
    make_pool,
    make_queue,
    make_run,
    propose,
)


async def events_of(session, run) -> list[Event]:
    """Read the events of a run, the oldest first."""
    return list(await events.read_events(session=session, resource_id=f"prefect.flow-run.{run.id}"))


async def test_event_is_named_by_the_state_and_has_its_id_and_time(session):
    run = await make_run(session)
    proposed = (Pending(), Pending(name="Submitting"), Running())
    states = [run.state, *[(await propose(session, run, state)).state for state in proposed]]
    found = await events_of(session, run)
    assert [(event.id, event.occurred) for event in found] == [(one.id, one.timestamp) for one in states]
    assert [event.event for event in found] == [f"prefect.flow-run.{state.name}" for state in states]


async def test_resource_describes_the_run_and_its_state(session):
    run = await make_run(session, name="r", state=Pending())
    state = (await propose(session, run, Running(message="go"))).state
    event = (await events_of(session, run))[-1]
    assert event.resource_id == f"prefect.flow-run.{run.id}"
    assert event.resource == {
        "prefect.resource.id": f"prefect.flow-run.{run.id}",
        "prefect.resource.name": "r",
        "prefect.run-count": "1",
        "prefect.state-message": "go",
        "prefect.state-name": "Running",
        "prefect.state-timestamp": state.timestamp.isoformat(),
        "prefect.state-type": "RUNNING",
    }
    assert event.resource["prefect.state-timestamp"].endswith("+00:00")


async def test_message_is_empty_or_cut(session):
    run = await make_run(session, state=Running())
    await propose(session, run, Failed(message="x" * 150_000))
    first, last = await events_of(session, run)
    assert first.resource["prefect.state-message"] == ""
    assert len(last.resource["prefect.state-message"]) == 100_000
    assert len(last.payload["validated_state"]["message"]) == 100_000
    assert len(run.state_message) == 150_000


async def test_related_are_the_surroundings_in_order(session):
    pool = await make_pool(session, "p", type="docker")
    queue = await make_queue(session, pool, "q")
    flow = await make_flow(session, "f", tags=["flow-tag", "shared"])
    deployment = await make_deployment(session, queue, "d", flow=flow, tags=["deployment-tag", "shared"])
    parent, creator = uuid4(), uuid4()
    run = await make_run(
        session, queue, flow=flow, deployment_id=deployment.id, parent_task_run_id=parent,
        tags=["run-tag", "shared"],
        created_by=CreatedBy(id=creator, type="AUTOMATION", display_value="maker"),
    )  # fmt: skip

    def labels(kind: str, id_, name: str | None, role: str) -> dict[str, str]:
        found = {"prefect.resource.id": f"prefect.{kind}.{id_}", "prefect.resource.role": role}
        return found if name is None else found | {"prefect.resource.name": name}

    (created,) = await events_of(session, run)
    await propose(session, run, Pending())
    for event in (created, (await events_of(session, run))[-1]):
        assert event.related == [
            labels("flow", flow.id, "f", "flow"),
            labels("deployment", deployment.id, "d", "deployment"),
            labels("work-queue", queue.id, "q", "work-queue"),
            labels("work-pool", pool.id, "p", "work-pool") | {"prefect.work-pool.type": "docker"},
            labels("task-run", parent, None, "task-run"),
            *(labels("tag", tag, None, "tag") for tag in ("deployment-tag", "flow-tag", "run-tag", "shared")),
            labels("automation", creator, "maker", "creator"),
        ]


async def test_run_that_stands_alone_relates_to_its_flow(session):
    run = await make_run(session, created_by=CreatedBy(id=uuid4(), type="SCHEDULE"))
    (event,) = await events_of(session, run)
    assert [one["prefect.resource.role"] for one in event.related] == ["flow"]


async def test_payload_tells_from_what_to_what(session):
    run = await make_run(session)
    await propose(session, run, Running(message="go"))
    await propose(session, run, Paused(state_details=StateDetails(pause_reschedule=False)))
    created, running, paused = await events_of(session, run)
    assert created.payload == {
        "intended": {"from": None, "to": "SCHEDULED"},
        "initial_state": None,
        "validated_state": {"type": "SCHEDULED", "name": "Scheduled"},
    }
    assert running.payload == {
        "intended": {"from": "SCHEDULED", "to": "RUNNING"},
        "initial_state": {"type": "SCHEDULED", "name": "Scheduled"},
        "validated_state": {"type": "RUNNING", "name": "Running", "message": "go"},
    }
    assert paused.payload["validated_state"] == {
        "type": "PAUSED", "name": "Paused", "pause_reschedule": "false",
    }  # fmt: skip


async def test_replacement_is_told_as_what_was_written(session):
    run = await make_run(session, state=Running(), empirical_policy=FlowRunPolicy(retries=1))
    await propose(session, run, Failed())
    cancelled = await make_run(session)
    await propose(session, cancelled, Cancelling())
    assert [event.event for event in await events_of(session, run)][1:] == ["prefect.flow-run.AwaitingRetry"]
    last = (await events_of(session, cancelled))[-1]
    assert (last.event, last.payload["intended"]["to"]) == ("prefect.flow-run.Cancelled", "CANCELLED")


async def test_event_follows_the_state_before_for_five_minutes(session):
    run = await make_run(session, state=Scheduled(timestamp=ago(minutes=20)))
    start = run.state_timestamp
    for minutes in (4, 10):
        await propose(session, run, Running(timestamp=start + timedelta(minutes=minutes)))
    first, second, third = await events_of(session, run)
    assert (first.follows, second.follows, third.follows) == (None, first.id, None)


@pytest.mark.parametrize("force", [False, True])
async def test_forced_states_are_told_too(session, force: bool):
    run = await make_run(session)
    await propose(session, run, Running(), force=force)
    names = [event.event.removeprefix("prefect.flow-run.") for event in await events_of(session, run)]
    assert names == ["Scheduled", "Running"]


async def test_refusals_are_not_told(session):
    run = await make_run(session, state=Running())
    await propose(session, run, Pending())
    assert len(await events_of(session, run)) == 1


@pytest.mark.conformance(215)
async def test_rolled_back_transition_leaves_no_event(db, session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool)
    run, _ = await make_run(session, queue, due(minutes=1)), await make_run(session, queue, due(minutes=2))
    await session.commit()
    await propose(session, run, Pending())
    await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="w")
    await session.rollback()
    async with db.session() as other:
        assert await event_names(other, "prefect.flow-run.") == ["flow-run.Scheduled"] * 2
