"""Times of the years 1 and 9999 are times like others."""

import pytest

from tests.api.driver import Api

FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"
ENDS = (FIRST, "0001-01-01T00:00:00.000001Z", "9999-12-31T00:00:00Z", LAST)
SCHEDULES = [
    {"interval": 3600, "anchor_date": FIRST},
    {"interval": 0.000001},
    {"interval": 86_400 * 36_525, "anchor_date": LAST},
    {"cron": "* * * * *", "timezone": "Pacific/Kiritimati"},
    {"rrule": "FREQ=DAILY", "timezone": "Pacific/Midway"},
    {"rrule": "DTSTART:99991231T235959\nFREQ=SECONDLY"},
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
async def test_runs_are_scheduled_from_any_time_on(api: Api, schedule: dict[str, object]) -> None:
    deployment = await api.create_deployment(schedules=[{"schedule": schedule, "active": True}])
    path = f"deployments/{deployment['id']}/schedule"

    for start in ENDS:
        await api.post(path, {"start_time": start, "max_runs": 2})
        for end in (FIRST, LAST):
            await api.post(path, {"start_time": start, "end_time": end, "max_runs": 2})
    await api.post(path, {"end_time": FIRST, "min_time": 36_525 * 86_400})


@pytest.mark.parametrize("kind", ["flow_runs", "task_runs"])
async def test_history_reaches_to_the_end_of_time(api: Api, kind: str) -> None:
    body = {"history_end": LAST, "history_interval_seconds": 3600}

    [*_, last] = await api.post(f"{kind}/history", {"history_start": "9999-12-31T00:00:00Z", **body})

    assert (last["interval_start"], last["interval_end"]) == ("9999-12-31T23:00:00.000000Z", LAST)


@pytest.mark.parametrize("time", ENDS)
async def test_a_run_may_be_due_at_any_time(api: Api, time: str) -> None:
    flow_id = str(await api.add_flow())
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": time, "pause_timeout": time}}

    run = await api.post("flow_runs/", {"flow_id": flow_id, "state": state}, expect=201)
    late = await api.post("flow_runs/lateness", {})
    found = await api.post("flow_runs/filter", {"flow_runs": {"expected_start_time": {"before_": time}}})

    assert run["state"]["state_details"]["scheduled_time"][:19] == time[:19]
    assert (late > 0) == time.startswith("0001")
    assert [row["id"] for row in found] == [run["id"]]


async def test_a_state_follows_one_of_the_last_moment(api: Api) -> None:
    run_id = await api.add_run()
    task_run = await api.post(
        "task_runs/", {"flow_run_id": str(run_id), "task_key": "t", "dynamic_key": "d"}, expect=201
    )
    reported = {
        "event": "prefect.task-run.Running",
        "occurred": LAST,
        "resource": {
            "prefect.resource.id": f"prefect.task-run.{task_run['id']}",
            "prefect.orchestration": "client",
        },
        "related": [
            {"prefect.resource.id": f"prefect.flow-run.{run_id}", "prefect.resource.role": "flow-run"}
        ],
        "payload": {
            "validated_state": {"type": "RUNNING", "name": "Running"},
            "task_run": {"task_key": "t", "dynamic_key": "d"},
        },
    }
    await api.post("events", [reported], expect=204)
    assert (await api.get(f"task_runs/{task_run['id']}"))["state_type"] == "RUNNING"

    await api.post(f"task_runs/{task_run['id']}/set_state", {"state": {"type": "COMPLETED"}}, expect=201)

    assert (await api.get(f"task_runs/{task_run['id']}"))["state_type"] == "COMPLETED"
