"""Why a run is not running: what is said is true, and taking away what is named helps."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from penstock.core.states import StateType
from penstock.schemas.responses import FlowRunExplanation, ReasonCode
from penstock.schemas.states import Cancelled, Completed, Pending, Running, Scheduled, State
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import FlowRun
from penstock.server.models import doctor
from penstock.server.orchestration import claim_flow_runs, set_flow_run_state
from tests.explain.scenes import Scene, claimable, draws, make_scene, waiting_runs
from tests.support.factories import ago, default_queue, due, make_deployment, make_pool, make_run

Cure = Callable[["Patient"], Awaitable[None]]


class Patient:
    """A waiting run, and the public ways to help it."""

    def __init__(self, client: httpx.AsyncClient, db: DBInterface, scene: Scene, run: FlowRun) -> None:
        self.client, self.db, self.scene, self.run = client, db, scene, run
        self.pool = f"work_pools/{scene.pool.name}"

    async def explain(self) -> FlowRunExplanation:
        answer = await self.client.get(f"flow_runs/{self.run.id}/explain")
        assert answer.status_code == 200, answer.text
        return FlowRunExplanation.model_validate(answer.json())

    async def change_pool(self, **values: object) -> None:
        assert (await self.client.patch(self.pool, json=values)).status_code == 204

    async def change_queue(self, **values: object) -> None:
        name = self.scene.queue_of(self.run).name
        assert (await self.client.patch(f"{self.pool}/queues/{name}", json=values)).status_code == 204

    async def unlimit_deployment(self) -> None:
        path = f"deployments/{self.run.deployment_id}"
        assert (await self.client.patch(path, json={"concurrency_limit": None})).status_code == 204

    async def reschedule(self) -> None:
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": ago(seconds=1).isoformat()}}
        answer = await self.client.post(f"flow_runs/{self.run.id}/set_state", json={"state": state})
        assert answer.json()["status"] == "ACCEPT"

    async def bring_worker(self) -> None:
        answer = await self.client.post(f"{self.pool}/workers/heartbeat", json={"name": "helper"})
        assert answer.status_code == 204

    async def cancel_others(self) -> None:
        for other in await waiting_runs(self.db, self.scene):
            if other != self.run.id:
                await self.client.post(
                    f"flow_runs/{other}/set_state", json={"state": {"type": "CANCELLED"}, "force": True}
                )


CURES: dict[ReasonCode, Cure] = {
    ReasonCode.SCHEDULED_FOR_LATER: Patient.reschedule,
    ReasonCode.WORK_POOL_PAUSED: lambda one: one.change_pool(is_paused=False),
    ReasonCode.WORK_QUEUE_PAUSED: lambda one: one.change_queue(is_paused=False),
    ReasonCode.WORK_POOL_LIMIT: lambda one: one.change_pool(concurrency_limit=None),
    ReasonCode.WORK_QUEUE_LIMIT: lambda one: one.change_queue(concurrency_limit=None),
    ReasonCode.DEPLOYMENT_LIMIT: Patient.unlimit_deployment,
    ReasonCode.NO_WORKER_ONLINE: Patient.bring_worker,
    ReasonCode.ALL_WORKERS_DRAINING: Patient.bring_worker,
    ReasonCode.RUNS_AHEAD: Patient.cancel_others,
}


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(draw=draws, pick=st.integers(0, 50))
async def test_what_is_named_is_in_the_way_and_nothing_else(
    db: DBInterface, client: httpx.AsyncClient, draw, pick
):
    scene = await make_scene(db, draw)
    waiting = await waiting_runs(db, scene)
    assume(waiting)
    run = next(one for one in scene.runs if one.id == waiting[pick % len(waiting)])
    patient = Patient(client, db, scene, run)
    cured: set[ReasonCode] = set()
    while True:
        explanation = await patient.explain()
        assert explanation.is_dispatchable == (run.id in await claimable(db, scene))
        codes = [reason.code for reason in explanation.reasons]
        assert not cured & set(codes)
        if codes[0] in (ReasonCode.NEXT_POLL, ReasonCode.NO_WORK_QUEUE):
            break
        await CURES[codes[0]](patient)
        cured.add(codes[0])
    assert explanation.is_dispatchable == (codes[0] is ReasonCode.NEXT_POLL)
    async with db.session_context() as session:
        report = await doctor.examine(session=session, checks=doctor.CHECKS)
    wrong = {check.name for check in report.checks if check.violations}
    assert wrong <= {"waiting-runs-have-queues"}, report


async def _explain(client: httpx.AsyncClient, run_id: UUID) -> FlowRunExplanation:
    return FlowRunExplanation.model_validate((await client.get(f"flow_runs/{run_id}/explain")).json())


async def test_a_full_limit_names_its_holders_and_the_likely_start(
    db: DBInterface, client: httpx.AsyncClient
):
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, concurrency_limit=1)
        queue = await default_queue(session, pool)
        for _ in range(3):
            planned = Scheduled(ago(minutes=2), timestamp=ago(minutes=2))
            ended = await make_run(session, queue, planned, deployment_id=uuid4())
            await set_flow_run_state(session, ended.id, Running(timestamp=ago(seconds=60)))
            await set_flow_run_state(session, ended.id, Completed(timestamp=ago(seconds=50)))
        holder = await make_run(session, queue, due(minutes=3), deployment_id=uuid4())
        first = await make_run(session, queue, due(minutes=2))
        second = await make_run(session, queue, due(minutes=1))
        await claim_flow_runs(session=session, work_pool_id=pool.id, worker_name="rig", limit=1)
    await client.post(f"work_pools/{pool.name}/workers/heartbeat", json={"name": "rig"})
    [full] = (await _explain(client, first.id)).reasons
    assert full.code is ReasonCode.WORK_POOL_LIMIT
    assert full.numbers == {"limit": 1, "occupied": 1}
    assert [(one.flow_run_id, one.worker_name) for one in full.holders] == [(holder.id, "rig")]
    later = await _explain(client, second.id)
    assert [reason.code for reason in later.reasons] == [ReasonCode.WORK_POOL_LIMIT, ReasonCode.RUNS_AHEAD]
    assert later.reasons[1].numbers["ahead"] == 1
    assert later.estimate is not None
    assert later.estimate.sampled_runs == 3
    assert later.estimate.mean_run_seconds == pytest.approx(10, abs=0.1)
    assert later.estimate.seconds == pytest.approx(20, abs=0.2)


async def test_without_completed_runs_there_is_no_estimate(db: DBInterface, client: httpx.AsyncClient):
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, concurrency_limit=0)
        run = await make_run(session, await default_queue(session, pool))
    explanation = await _explain(client, run.id)
    assert explanation.reasons[0].code is ReasonCode.WORK_POOL_LIMIT
    assert explanation.estimate is None


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (Pending(), ReasonCode.HELD),
        (Running(), ReasonCode.HELD),
        (Cancelled(message="no need"), ReasonCode.ENDED),
    ],
)
async def test_a_run_that_does_not_wait_has_one_reason(
    db: DBInterface, client: httpx.AsyncClient, state: State, code: ReasonCode
):
    async with db.session_context(begin_transaction=True) as session:
        run = await make_run(session, await default_queue(session, await make_pool(session)))
        await set_flow_run_state(session, run.id, state)
    explanation = await _explain(client, run.id)
    assert [reason.code for reason in explanation.reasons] == [code]
    assert not explanation.is_dispatchable
    if code is ReasonCode.HELD:
        assert explanation.reasons[0].numbers["attempt"] == 1
        assert explanation.reasons[0].until is not None
    else:
        assert explanation.reasons[0].comment == "no need"


async def test_a_pause_says_who_since_when_and_why(client: httpx.AsyncClient, db: DBInterface):
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session)
        run = await make_run(session, await default_queue(session, pool))
    path = f"work_pools/{pool.name}"
    named = {"X-Penstock-Actor": "ann@desk"}
    await client.patch(path, json={"is_paused": True, "pause_reason": "new disks"}, headers=named)
    await client.patch(f"{path}/queues/default", json={"is_paused": True}, headers={"User-Agent": "curl/9"})
    of_pool, of_queue, *_ = (await _explain(client, run.id)).reasons
    assert (of_pool.by, of_pool.comment) == ("ann@desk", "new disks")
    assert of_pool.since is not None
    assert of_queue.by is not None
    assert of_queue.by.startswith("curl/9 at ")
    since = of_pool.since
    await client.patch(path, json={"is_paused": True, "pause_reason": "old disks"})
    again = (await _explain(client, run.id)).reasons[0]
    assert (again.by, again.since, again.comment) == ("ann@desk", since, "old disks")
    await client.patch(path, json={"is_paused": False})
    await client.patch(path, json={"pause_reason": "nothing"})
    await client.patch(path, json={"is_paused": True}, headers={"X-Penstock-Actor": "bob@desk"})
    renewed = (await _explain(client, run.id)).reasons[0]
    assert (renewed.by, renewed.comment) == ("bob@desk", None)


async def test_a_run_whose_queue_was_deleted_says_so(client: httpx.AsyncClient, db: DBInterface):
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session)
        queue = await default_queue(session, pool)
        deployment = await make_deployment(session, queue)
        run = await make_run(session, queue, deployment_id=deployment.id)
    await client.delete(f"work_pools/{pool.name}")
    explanation = await _explain(client, run.id)
    assert [reason.code for reason in explanation.reasons] == [ReasonCode.NO_WORK_QUEUE]
    assert "was deleted" in explanation.reasons[0].sentence
    assert explanation.state_type is StateType.SCHEDULED


async def test_a_run_that_is_not_there(client: httpx.AsyncClient):
    assert (await client.get(f"flow_runs/{uuid4()}/explain")).status_code == 404
