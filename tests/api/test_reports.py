"""Reports of several runs in one request: each answered as if it had come alone."""

from typing import Any
from uuid import uuid4

import pytest

from penstock.core.states import StateType
from tests.api.driver import Api, problems

COUNT = 6


@pytest.fixture
async def claimed(api: Api) -> list[dict[str, Any]]:
    """Runs of a pool without limits, claimed by worker ``a``."""
    pool = await api.create_pool()
    await api.add_runs(pool["default_queue_id"], COUNT)
    found = await api.claim(worker="a")
    assert len(found) == COUNT
    return found


def report(claim: dict[str, Any], state: str, **fields: Any) -> dict[str, Any]:
    """Return the report of a claimed run; ``fields`` are those of the state."""
    proposal = {"type": state, "state_details": {"transition_id": str(uuid4())}, **fields}
    return {"flow_run_id": claim["flow_run"]["id"], "attempt": claim["attempt"], "state": proposal}


async def send(api: Api, *reports: dict[str, Any]) -> list[dict[str, Any]]:
    """Send reports in one request and return the answers."""
    answer = await api.post("flow_runs/report", {"reports": reports})
    found: list[dict[str, Any]] = answer["results"]
    assert [one["flow_run_id"] for one in found] == [one["flow_run_id"] for one in reports]
    return found


def verdicts(results: list[dict[str, Any]]) -> list[tuple[int, str | None]]:
    """Return the status and the verdict of each answer."""
    return [(one["status_code"], one["result"] and one["result"]["status"]) for one in results]


async def states_of(api: Api, claim: dict[str, Any]) -> list[str]:
    """Return the types of all states of a run, the oldest first."""
    run_id = claim["flow_run"]["id"]
    return [one["type"] for one in await api.get(f"flow_run_states/?flow_run_id={run_id}")]


async def test_runs_are_reported_together(api: Api, claimed: list[dict[str, Any]]) -> None:
    for state in ("RUNNING", "COMPLETED"):
        results = await send(api, *(report(one, state) for one in claimed))
        assert verdicts(results) == [(201, "ACCEPT")] * COUNT
        assert {one["result"]["state"]["type"] for one in results} == {state}
    for one in claimed:
        assert (await states_of(api, one))[-3:] == ["PENDING", "RUNNING", "COMPLETED"]
        run = await api.get(f"flow_runs/{one['flow_run']['id']}")
        assert (run["run_count"], run["state_type"], run["lease_expires_at"]) == (1, "COMPLETED", None)
    names = await api.event_names("flow-run")
    assert (names.count("flow-run.Running"), names.count("flow-run.Completed")) == (COUNT, COUNT)
    assert await api.count_runs("PENDING", "RUNNING") == 0


async def test_several_states_of_a_run_hold_in_their_order(api: Api, claimed: list[dict[str, Any]]) -> None:
    first, second, *_ = claimed
    reports = [
        report(first, "RUNNING"),
        report(second, "RUNNING"),
        report(first, "COMPLETED", message="done"),
        report(first, "CRASHED"),
    ]
    results = await send(api, *reports)
    assert verdicts(results) == [(201, "ACCEPT"), (201, "ACCEPT"), (201, "ACCEPT"), (409, None)]
    assert "after attempt 1 the run is Completed" in results[3]["reason"]
    assert (await states_of(api, first))[-3:] == ["PENDING", "RUNNING", "COMPLETED"]
    run = await api.row(api.db.FlowRun, first["flow_run"]["id"])
    assert (run.run_count, run.state_message, run.lease_kind) == (1, "done", None)
    assert run.total_run_time > 0


async def test_one_report_spoils_no_other(api: Api, claimed: list[dict[str, Any]]) -> None:
    good, ended, cancelling, foreign, *_ = claimed
    await api.propose(ended["flow_run"]["id"], "COMPLETED")
    await api.propose(cancelling["flow_run"]["id"], "CANCELLING")
    unknown = report(good, "RUNNING") | {"flow_run_id": str(uuid4())}
    results = await send(
        api,
        report(ended, "RUNNING"),
        unknown,
        report(cancelling, "RUNNING"),
        report(foreign, "RUNNING") | {"attempt": 7},
        report(good, "RUNNING"),
    )
    assert verdicts(results) == [(409, None), (404, None), (200, "REJECT"), (409, None), (201, "ACCEPT")]
    assert results[1]["reason"] == f"Flow run with id {unknown['flow_run_id']} not found."
    assert "attempt 1 is the current one, held by worker 'a'" in results[3]["reason"]
    assert (await states_of(api, good))[-1] == "RUNNING"
    assert (await states_of(api, foreign))[-1] == "PENDING"


async def test_reports_that_are_sent_again_change_nothing(api: Api, claimed: list[dict[str, Any]]) -> None:
    once = [report(one, "RUNNING") for one in claimed]
    await send(api, *once)
    before = [await states_of(api, one) for one in claimed]
    results = await send(api, *once)
    assert verdicts(results) == [(200, "REJECT")] * COUNT
    assert {one["result"]["details"]["reason"] for one in results} == {
        "This transition has been made already."
    }
    assert [await states_of(api, one) for one in claimed] == before


async def test_a_retry_is_not_used_up_by_reports_that_are_sent_again(
    api: Api, claimed: list[dict[str, Any]]
) -> None:
    """RUNNING could be accepted anew after the retry that FAILED has brought, was it not known as made."""
    one, other, *_ = claimed
    run_id = one["flow_run"]["id"]
    await api.patch(f"flow_runs/{run_id}", {"empirical_policy": {"retries": 1, "retry_delay": 0}})
    reports = [report(one, "RUNNING"), report(one, "FAILED"), report(other, "RUNNING")]
    assert verdicts(await send(api, *reports)) == [(201, "ACCEPT"), (201, "REJECT"), (201, "ACCEPT")]
    before = await states_of(api, one)
    assert before[-2:] == ["RUNNING", "SCHEDULED"]
    assert verdicts(await send(api, *reports)) == [(200, "REJECT")] * 3
    assert await states_of(api, one) == before


async def test_what_cannot_be_stored_is_refused_alone(api: Api, claimed: list[dict[str, Any]]) -> None:
    """A time too far out to reckon with, met when the lease of who does not renew is prolonged."""
    pool = await api.read_pool()
    run_id = await api.add_run(pool["default_queue_id"])
    for state in ("PENDING", "RUNNING"):
        await api.propose(run_id, state)
    odd = {"flow_run": {"id": str(run_id)}, "attempt": 1}
    details = {"pause_timeout": "9999-12-31T23:59:59Z", "pause_key": "k"}
    good, *_ = claimed
    results = await send(api, report(good, "RUNNING"), report(odd, "PAUSED", state_details=details))
    alone = await api.send(
        "POST",
        f"flow_runs/{run_id}/set_state",
        {"state": {"type": "PAUSED", "state_details": details}, "attempt": 1},
        expect=422,
    )
    assert verdicts(results) == [(201, "ACCEPT"), (422, None)]
    assert results[1]["reason"] == alone.json()["detail"]
    assert (await states_of(api, good))[-1] == "RUNNING"


async def test_a_run_with_more_to_change_is_reported_with_the_others(api: Api) -> None:
    """The slot of a deployment's limit is given back, and its lease, in the same request."""
    pool = await api.create_pool()
    limited = await api.create_deployment(
        "limited", work_pool_name="pool", work_queue_name="default", concurrency_limit=1
    )
    await api.post(f"deployments/{limited['id']}/create_flow_run", {}, expect=201)
    await api.add_run(pool["default_queue_id"])
    claimed = await api.claim(worker="a")
    assert len(claimed) == 2
    for state in ("RUNNING", "COMPLETED"):
        results = await send(api, *(report(one, state) for one in claimed))
        assert verdicts(results) == [(201, "ACCEPT")] * 2
    assert await api.count_runs("COMPLETED") == 2
    doctor = await api.get("admin/doctor")
    assert doctor["violation_count"] == 0
    await api.post(f"deployments/{limited['id']}/create_flow_run", {}, expect=201)
    assert len(await api.claim(worker="a")) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"attempt": 0}, "greater than or equal to 1"),
        ({"attempt": None}, "valid integer"),
        ({"flow_run_id": "x"}, "valid UUID"),
        ({"state": {"type": "ASLEEP"}}, "Input should be 'SCHEDULED'"),
        ({"state": {"type": "RUNNING", "message": "\0"}}, "NUL"),
        ({"state": {"type": "RUNNING", "color": "red"}}, "Extra inputs are not permitted"),
    ],
)
async def test_a_bad_report_is_said_to_be_one(
    api: Api, claimed: list[dict[str, Any]], change: dict[str, Any], sentence: str
) -> None:
    good, bad, *_ = claimed
    body = {"reports": [report(good, "RUNNING"), report(bad, "RUNNING") | change]}
    answer = await api.post("flow_runs/report", body, expect=422)
    assert sentence in problems(answer)
    assert (await states_of(api, good))[-1] == "PENDING"


async def test_so_are_too_many_and_none_is_fine(api: Api, claimed: list[dict[str, Any]]) -> None:
    many = [report(claimed[0], "RUNNING")] * 201
    assert "at most 200" in problems(await api.post("flow_runs/report", {"reports": many}, expect=422))
    assert await api.post("flow_runs/report", {"reports": []}) == {"results": []}
    assert "reports" in problems(await api.post("flow_runs/report", {}, expect=422))
    assert await api.count_runs(StateType.PENDING) == COUNT
