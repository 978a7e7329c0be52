"""The scheduler: enough runs ahead, made once, and made anew when something changes."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from penstock.cli.serving import SWITCH_SECONDS
from penstock.core.clock import utc_now
from penstock.schemas.states import StateType
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import DeploymentSchedule, FlowRun
from penstock.server.models import schedules
from penstock.server.services import Scheduler
from tests.api.driver import Api

NEVER_DUE = "FREQ=SECONDLY;BYSETPOS=2"
"""It is followed for a second or more until it is clear that there is no date."""

HOURLY = {"schedule": {"cron": "0 * * * *"}}


def scheduler(db: DBInterface, **changed: Any) -> Scheduler:
    values: dict[str, Any] = {
        "interval_seconds": 5, "batch_size": 2, "min_runs": 3, "max_runs": 100,
        "min_scheduled_time": timedelta(hours=1), "max_scheduled_time": timedelta(days=100),
    }  # fmt: skip
    return Scheduler(db, **(values | changed))


async def deploy(api: Api, name: str = "d", **fields: Any) -> dict[str, Any]:
    body = {"name": name, "flow_id": str(await api.add_flow()), "schedules": [HOURLY], **fields}
    deployment: dict[str, Any] = (await api.send("POST", "deployments/", body)).json()
    return deployment


async def runs(api: Api, **columns: Any) -> list[FlowRun]:
    statement = sa.select(FlowRun).filter_by(**columns).order_by(FlowRun.expected_start_time, FlowRun.id)
    async with api.db.session_context() as session:
        return list(await session.scalars(statement))


async def needs(api: Api) -> list[UUID]:
    async with api.db.session_context() as session:
        return list(await schedules.read_deployments_to_schedule(session=session))


async def test_a_run_that_a_schedule_makes(api: Api):
    await api.create_pool()
    deployment = await deploy(
        api,
        work_pool_name="pool",
        tags=["b", "a"],
        version="7",
        labels={"team": "x"},
        parameters={"x": 1, "y": 2},
        enforce_parameter_schema=False,
        schedules=[HOURLY | {"parameters": {"y": 3, "t": {"__prefect_kind": "none"}}, "slug": "each-hour"}],
    )
    await api.forget_events()
    await scheduler(api.db).run_once()

    first, *_ = made = await runs(api)
    now = utc_now()
    next_hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    assert [run.expected_start_time for run in made] == [next_hour + timedelta(hours=n) for n in range(3)]
    answer = await api.get(f"flow_runs/{first.id}")
    schedule = deployment["schedules"][0]
    assert answer["name"].count("-") == 1
    assert answer["state"]["id"] == answer["state_id"]
    assert (answer["state_type"], answer["state_name"]) == ("SCHEDULED", "Scheduled")
    assert answer["state"]["state_details"]["scheduled_time"] == answer["next_scheduled_start_time"]
    assert answer["state"]["state_details"]["flow_run_id"] == answer["id"]
    assert answer["state"]["message"]
    assert answer["next_scheduled_start_time"] == answer["expected_start_time"]
    assert answer["auto_scheduled"] is True
    assert answer["parameters"] == {"x": 1, "y": 3, "t": {"__prefect_kind": "none"}}
    assert answer["tags"] == ["auto-scheduled", "b", "a"]
    assert answer["labels"] == {
        "prefect.flow.id": deployment["flow_id"], "prefect.deployment.id": deployment["id"], "team": "x",
    }  # fmt: skip
    assert answer["deployment_version"] == "7"
    assert answer["work_queue_id"] == deployment["work_queue_id"]
    assert answer["work_pool_name"] == "pool"
    assert answer["job_variables"] is None
    assert answer["created_by"] == {"id": schedule["id"], "type": "SCHEDULE", "display_value": "each-hour"}
    assert answer["idempotency_key"] == (
        f"scheduled {deployment['id']} {schedule['id']} {answer['expected_start_time']}"
    )
    assert len(await api.get(f"flow_run_states/?flow_run_id={first.id}")) == 1
    assert await api.event_names() == []
    assert await api.poll(scheduled_before=now.isoformat()) == []


@pytest.mark.parametrize(
    ("schedule", "number"),
    [
        ({"cron": "* * * * *"}, 60),
        ({"interval": 3600}, 3),
        ({"rrule": "FREQ=DAILY"}, 3),
        ({"rrule": "DTSTART:20200101T000000\nRRULE:FREQ=DAILY;COUNT=2"}, 0),
        ({"cron": "0 0 29 2 *"}, 0),
    ],
)
async def test_how_many(api: Api, schedule: dict[str, Any], number: int):
    await deploy(api, schedules=[{"schedule": schedule}])
    await scheduler(api.db).run_once()
    assert len(await runs(api)) in {number, number + 1}
    assert await needs(api) == []


async def test_a_second_pass_does_nothing_until_runs_are_too_few(api: Api):
    await deploy(api)
    await scheduler(api.db).run_once()
    before = await runs(api)
    async with api.db.session_context() as session:
        needed = await session.scalar(sa.select(DeploymentSchedule.next_needed_at))
    assert needed == before[0].expected_start_time
    assert await needs(api) == []
    await scheduler(api.db).run_once()
    assert [run.id for run in await runs(api)] == [run.id for run in before]


async def test_several_servers_at_once_make_each_run_once(api: Api):
    for number in range(5):
        await deploy(api, f"d{number}", schedules=[{"schedule": {"cron": "*/10 * * * *"}}])
    other = DBInterface(api.db.dialect.url.render_as_string(hide_password=False))
    await asyncio.gather(*(scheduler(db).run_once() for db in (api.db, other, api.db)))
    await other.dispose()
    made = await runs(api)
    assert len({(run.deployment_id, run.expected_start_time) for run in made}) == len(made) >= 30
    states = sa.select(sa.func.count()).select_from(api.db.FlowRunState)
    async with api.db.session_context() as session:
        assert await session.scalar(states) == len(made)
    assert await needs(api) == []


async def test_paused_deployments_and_inactive_schedules_get_none(api: Api):
    paused = await deploy(api, "paused", paused=True)
    await deploy(api, "inactive", schedules=[HOURLY | {"active": False}])
    await deploy(api, "none", schedules=[])
    await scheduler(api.db).run_once()
    assert await runs(api) == []
    await api.post(f"deployments/{paused['id']}/resume_deployment")
    await scheduler(api.db).run_once()
    assert len(await runs(api)) == 3
    assert await api.post(f"deployments/{paused['id']}/pause_deployment") is None
    assert await runs(api) == []
    assert (await api.get(f"deployments/{paused['id']}"))["paused"] is True
    await api.patch(f"deployments/{paused['id']}", {"paused": False})
    assert await needs(api) == [UUID(paused["id"])]


async def test_a_change_makes_future_runs_anew_and_leaves_the_others(api: Api):
    deployment = await deploy(api)
    await scheduler(api.db).run_once()
    due, waiting, started = await runs(api)
    await api.change(FlowRun, due.id, next_scheduled_start_time=utc_now() - timedelta(seconds=5))
    await api.change(FlowRun, waiting.id, state_name="AwaitingConcurrencySlot")
    await api.propose(started.id, "PENDING")
    await api.patch(f"deployments/{deployment['id']}", {"parameters": {"new": 1}})
    assert {run.id for run in await runs(api)} == {due.id, waiting.id, started.id}
    await api.change(FlowRun, due.id, next_scheduled_start_time=utc_now() + timedelta(hours=9))
    await api.patch(f"deployments/{deployment['id']}", {"parameters": {"new": 2}})
    assert {run.id for run in await runs(api)} == {waiting.id, started.id}
    await scheduler(api.db).run_once()
    assert [run.parameters for run in await runs(api)] == [{"new": 2}, {}, {}]


async def test_a_run_that_was_cancelled_is_not_made_again(api: Api):
    await deploy(api)
    await scheduler(api.db).run_once()
    first, *_ = await runs(api)
    await api.propose(first.id, "CANCELLED")
    await api.change(DeploymentSchedule, await schedule_id(api), next_needed_at=utc_now())
    await scheduler(api.db).run_once()
    assert [run.state_type for run in await runs(api)] == [
        StateType.CANCELLED, StateType.SCHEDULED, StateType.SCHEDULED,
    ]  # fmt: skip


async def schedule_id(api: Api) -> UUID:
    async with api.db.session_context() as session:
        found = await session.scalar(sa.select(DeploymentSchedule.id))
    assert found is not None
    return found


async def test_one_bad_schedule_stops_no_other(api: Api, caplog: pytest.LogCaptureFixture):
    for number in range(5):
        await deploy(api, f"d{number}")
    async with api.db.session_context() as session:
        bad = await session.scalar(
            sa.select(DeploymentSchedule.id).order_by(DeploymentSchedule.deployment_id)
        )
    assert bad is not None
    await api.change(DeploymentSchedule, bad, schedule={"cron": "nonsense"})
    await scheduler(api.db).run_once()
    assert len({run.deployment_id for run in await runs(api)}) == 4
    assert "could not be scheduled" in caplog.text
    assert await needs(api) == []  # put off


@pytest.fixture
def _threads_as_served() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_threads_as_served")
async def test_nobody_waits_for_a_rule_that_takes_long_to_follow(api: Api):
    await deploy(api, schedules=[{"schedule": {"rrule": NEVER_DUE}}])
    planning = asyncio.create_task(scheduler(api.db).run_once())
    answered = 0
    while not planning.done():
        await api.post("flows/", {"name": f"f{answered}"}, expect=201)
        answered += 1
    await planning
    assert answered > 20
    assert await needs(api) == []


async def test_a_past_start_fills_in_what_was_missed(api: Api):
    deployment = await deploy(api, schedules=[{"schedule": {"cron": "0 12 * * *"}}])
    start = datetime(2024, 1, 1, tzinfo=UTC)
    body = {"start_time": start.isoformat(), "end_time": (start + timedelta(days=10)).isoformat()}
    path = f"deployments/{deployment['id']}/schedule"
    assert await api.post(path, body | {"min_runs": 5, "min_time": 0}) is None
    assert len(await runs(api)) == 5
    await api.post(path, body | {"min_runs": 100, "max_runs": 7})
    assert [run.expected_start_time for run in await runs(api)] == [
        start + timedelta(days=day, hours=12) for day in range(7)
    ]
    assert await needs(api) == [UUID(deployment["id"])]
    await api.post(path)
    assert len(await runs(api)) == 10


@pytest.mark.parametrize(
    "body",
    [{"min_runs": -1}, {"max_runs": 1001}, {"min_time": -5}, {"start_time": "soon"}, {"min_time": 1e300}],
)
async def test_bad_requests_to_schedule(api: Api, body: dict[str, Any]):
    deployment = await deploy(api)
    await api.post(f"deployments/{deployment['id']}/schedule", body, expect=422)


async def test_scheduling_what_is_not_there(api: Api):
    for action in ("schedule", "pause_deployment", "resume_deployment"):
        answer = await api.post(f"deployments/{UUID(int=1)}/{action}", expect=404)
        assert answer == {"detail": "Deployment not found"}
