"""The routes of the claim protocol: claim, renew, report, and being told that an attempt is over."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from penstock.server.models.attempts import find_expired_attempts
from penstock.server.services import ExpiredAttempts
from penstock.settings import ServerSettings
from tests.api.driver import Api, ago

NOBODYS = "0d3ab133-b574-4d71-978e-508e8179558d"
"""The id of no run."""


async def claimed_run(api: Api, worker: str = "a") -> str:
    """Let a worker claim the one run that is due, and return its id."""
    pool = await api.create_pool()
    await api.add_run(pool["default_queue_id"])
    [claimed] = await api.claim(worker=worker)
    assert (claimed["attempt"], claimed["flow_run"]["worker_name"]) == (1, worker)
    assert claimed["lease_seconds"] >= 3 * claimed["renewal_seconds"]
    return str(claimed["flow_run"]["id"])


async def renew(api: Api, worker: str, **attempts: int) -> dict[str, Any]:
    """Renew the attempts of a worker, given by run."""
    body = [{"flow_run_id": run_id, "attempt": attempt} for run_id, attempt in attempts.items()]
    answer: dict[str, Any] = await api.post(
        "work_pools/pool/renew", {"worker_name": worker, "attempts": body, "heartbeat_interval_seconds": 20}
    )
    return answer


async def let_expire(api: Api, run_id: str) -> None:
    """Let the lease of a run run out, and the server notice it."""
    async with api.db.session_context(begin_transaction=True) as session:
        run = await session.get(api.db.FlowRun, UUID(run_id))
        run.lease_expires_at = ago(seconds=1)
    loop = ExpiredAttempts(api.db, interval_seconds=60, lease_times=api.app.state.lease_times, patient=False)
    await loop.run_once()


async def test_a_renewal_is_a_heartbeat_and_says_how_each_run_stands(api: Api) -> None:
    run_id, unknown = await claimed_run(api), str(uuid4())
    before = (await api.get(f"flow_runs/{run_id}"))["lease_expires_at"]
    answer = await renew(api, "a", **{run_id: 1, unknown: 1})
    standings = {one["flow_run_id"]: one for one in answer["attempts"]}
    assert standings[run_id]["is_yours"]
    assert standings[run_id]["state_type"] == "PENDING"
    assert not standings[unknown]["is_yours"]
    assert standings[unknown]["reason"] == "The run has been deleted."
    assert (answer["unlisted"], answer["is_draining"]) == ([], False)
    assert (await api.get(f"flow_runs/{run_id}"))["lease_expires_at"] > before
    [worker] = await api.post("work_pools/pool/workers/filter")
    assert (worker["name"], worker["status"], worker["heartbeat_interval_seconds"]) == ("a", "ONLINE", 20)


async def test_a_worker_learns_of_runs_it_was_given_without_knowing(api: Api) -> None:
    run_id = await claimed_run(api)
    [unlisted] = (await renew(api, "a"))["unlisted"]
    assert unlisted["flow_run_id"] == run_id
    assert (await renew(api, "b"))["unlisted"] == []
    [again] = (await renew(api, "a"))["unlisted"]
    assert again == unlisted
    await renew(api, "a", **{run_id: 1})
    [renewed] = (await renew(api, "a"))["unlisted"]
    assert renewed["lease_expires_at"] > unlisted["lease_expires_at"]


async def test_a_retry_in_its_process_becomes_anybodys_as_the_next_attempt(api: Api) -> None:
    run_id = await claimed_run(api)
    path = f"flow_runs/{run_id}"
    await api.patch(path, {"empirical_policy": {"retries": 1, "retry_delay": 0}})
    for state in ("RUNNING", "FAILED"):
        await api.post(f"{path}/set_state", {"state": {"type": state}, "attempt": 1}, expect=201)
    assert (await renew(api, "a", **{run_id: 1}))["attempts"][0]["is_yours"]
    policy = {"empirical_policy": {"retries": 1, "retry_type": "reschedule"}}
    refusal = await api.patch(f"{path}?attempt=2", policy, expect=409)
    assert "attempt 1 is the current one, held by worker 'a'" in refusal["detail"]
    await api.patch(f"{path}?attempt=1", policy)
    run = await api.get(path)
    assert (run["state_name"], run["lease_expires_at"], run["infra_failures"]) == ("AwaitingRetry", None, 0)
    [again] = await api.claim(worker="b")
    assert (again["flow_run"]["id"], again["attempt"]) == (run_id, 2)
    refusal = await api.patch(f"{path}?attempt=1", policy, expect=409)
    assert "attempt 2 is the current one, held by worker 'b'" in refusal["detail"]


async def test_renewal_and_report_of_an_old_attempt_name_the_current_one(api: Api) -> None:
    run_id = await claimed_run(api)
    await let_expire(api, run_id)
    run = await api.get(f"flow_runs/{run_id}")
    assert (run["state_name"], run["lease_expires_at"], run["infra_failures"]) == ("AwaitingRetry", None, 1)
    async with api.db.session_context(begin_transaction=True) as session:
        (await session.get(api.db.FlowRun, UUID(run_id))).next_scheduled_start_time = ago(seconds=1)
    [again] = await api.claim(worker="b")
    assert again["attempt"] == 2

    for path, body in (
        (f"flow_runs/{run_id}/renew", {"worker_name": "a", "attempt": 1}),
        (f"flow_runs/{run_id}/set_state", {"state": {"type": "COMPLETED"}, "attempt": 1}),
        (f"flow_runs/{run_id}/set_state", {"state": {"type": "COMPLETED"}, "attempt": 1, "force": True}),
    ):
        refusal = await api.post(path, body, expect=409)
        assert "attempt 2 is the current one, held by worker 'b'" in refusal["detail"]
    [standing] = (await renew(api, "a", **{run_id: 1}))["attempts"]
    assert not standing["is_yours"]
    assert "attempt 2 is the current one" in standing["reason"]
    assert (await api.get(f"flow_runs/{run_id}"))["state_type"] == "PENDING"
    kept = await api.post(f"flow_runs/{run_id}/renew", {"worker_name": "b", "attempt": 2})
    assert kept["is_yours"]


async def test_names_in_headers_tell_whose_process_speaks(api: Api) -> None:
    """As unmodified workers and the processes they start send them."""
    pool = await api.create_pool()
    run_id = str(await api.add_run(pool["default_queue_id"]))
    path = f"flow_runs/{run_id}/set_state"
    old, new = {"x_prefect_worker_name": "old"}, {"x_prefect_worker_name": "new"}
    pending = {"state": {"type": "PENDING"}}
    assert (await api.post(path, pending, expect=201, **old))["status"] == "ACCEPT"
    refused = await api.post(path, pending, **new)
    assert refused["status"] == "ABORT"
    assert "PENDING" in refused["details"]["reason"]
    await let_expire(api, run_id)
    process = {"state": {"type": "RUNNING"}}
    late = await api.post(path, process, x_prefect_flow_run_id=run_id, **old)
    assert late["status"] == "ABORT"
    assert (await api.get(f"flow_runs/{run_id}"))["state_name"] == "AwaitingRetry"


async def test_nobody_is_judged_just_after_the_server_was_away(api: Api) -> None:
    run_id = await claimed_run(api)
    async with api.db.session_context(begin_transaction=True) as session:
        (await session.get(api.db.FlowRun, UUID(run_id))).lease_expires_at = ago(minutes=9)
    await ExpiredAttempts(api.db, interval_seconds=60, lease_times=api.app.state.lease_times).run_once()
    assert (await api.get(f"flow_runs/{run_id}"))["state_name"] == "Pending"
    async with api.db.session_context() as session:
        assert len(await find_expired_attempts(session=session, limit=10)) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("work_pools/pool/renew", {"attempts": []}),
        ("work_pools/pool/renew", {"worker_name": " "}),
        ("work_pools/pool/renew", {"worker_name": "a", "attempts": [{"flow_run_id": NOBODYS}]}),
        (f"flow_runs/{NOBODYS}/renew", {"worker_name": "a", "attempt": 0}),
        (f"flow_runs/{NOBODYS}/renew", {"worker_name": "a", "attempt": 2**70}),
    ],
)
async def test_bad_renewals_are_refused(api: Api, path: str, body: dict[str, Any]) -> None:
    await api.create_pool()
    await api.post(path, body, expect=422)


async def test_what_is_not_there_cannot_be_renewed(api: Api) -> None:
    await api.post("work_pools/nowhere/renew", {"worker_name": "a"}, expect=404)
    await api.post(f"flow_runs/{uuid4()}/renew", {"worker_name": "a", "attempt": 1}, expect=404)


def test_a_lease_must_last_for_three_renewals() -> None:
    with pytest.raises(ValidationError, match="shorter than three renewals"):
        ServerSettings(claim_lease_seconds=40, claim_renewal_seconds=15)
