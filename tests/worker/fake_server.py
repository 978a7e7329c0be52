"""A server of a few dicts, behind an httpx transport: what a worker needs, and ways to make it misbehave."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from penstock.core.clock import utc_now
from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.actions import LogCreate, StateCreate
from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.job_templates import default_base_job_template
from penstock.schemas.responses import DeploymentResponse, FlowRunResponse, WorkPoolResponse
from penstock.schemas.states import AwaitingRetry, Pending, Scheduled, State

Answer = tuple[int, Any]


class FakeServer:
    """Knows one pool, ``main``, with one queue, ``default``."""

    def __init__(self) -> None:
        self.pool = WorkPoolResponse(
            name="main",
            type="process",
            base_job_template=default_base_job_template("process"),
            default_queue_id=uuid4(),
        )
        self.deployments: dict[UUID, DeploymentResponse] = {}
        self.runs: dict[UUID, FlowRunResponse] = {}
        self.history: dict[UUID, list[State]] = {}
        self.logs: list[LogCreate] = []
        self.workers: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self.claim_limits: list[int] = []
        self.is_away = False
        self.refuse: Callable[[httpx.Request], Answer | None] = lambda _: None
        self.verdicts: dict[str, list[dict[str, Any]]] = {}
        self.lost_answers: list[str] = []
        self.lease_seconds, self.grace_seconds, self.renewal_seconds = 30.0, 10.0, 0.05
        self.is_draining = False
        self.batches: list[list[str]] = []
        self.renewed: list[dict[UUID, int]] = []
        self._attempts: Counter[UUID] = Counter()
        self._holders: dict[UUID, str] = {}
        self._leases: dict[UUID, datetime] = {}
        self.cleanup: list[dict[str, Any]] = []
        self.settled: list[dict[str, Any]] = []
        self._changed = asyncio.Event()

    # What tests say and ask

    def add_run(
        self,
        command: str | None = None,
        *,
        parameters: dict[str, Any] | None = None,
        job_variables: dict[str, Any] | None = None,
        policy: FlowRunPolicy | None = None,
        **deployment: Any,
    ) -> UUID:
        """Add a deployment with a run that is due now."""
        variables = {**(job_variables or {}), **({"command": command} if command is not None else {})}
        made = DeploymentResponse(name="d", flow_id=uuid4(), job_variables=variables, **deployment)
        self.deployments[made.id] = made
        run = FlowRunResponse(
            flow_id=made.flow_id,
            deployment_id=made.id,
            parameters=parameters or {},
            empirical_policy=policy or FlowRunPolicy(),
        )
        self.runs[run.id] = run
        self.history[run.id] = []
        self.set_state(run.id, Scheduled())
        return run.id

    def set_state(self, run_id: UUID, state: State) -> State:
        """Write a state, as an operator would."""
        run = self.runs[run_id]
        if self.history[run_id]:
            later = self.history[run_id][-1].timestamp + timedelta(microseconds=1)
            state = state.model_copy(update={"timestamp": max(state.timestamp, later)})
        run.state, run.state_id, run.state_type, run.state_name = state, state.id, state.type, state.name
        if state.type is StateType.RUNNING:
            run.run_count += 1
        self.history[run_id].append(state)
        self._changed.set()
        return state

    def give_to(self, worker_name: str, run_id: UUID) -> None:
        """Let a worker hold a run that waits, as its next attempt."""
        self._attempts[run_id] += 1
        self._holders[run_id] = worker_name
        self._leases[run_id] = utc_now()
        details = self.last(run_id).state_details
        self.set_state(run_id, Pending(message=f"Claimed by worker '{worker_name}'.", state_details=details))

    def states(self, run_id: UUID) -> list[str]:
        """Return the types of all states of a run, oldest first."""
        return [state.type.value for state in self.history[run_id]]

    def last(self, run_id: UUID) -> State:
        """Return the present state of a run."""
        return self.history[run_id][-1]

    def lines(self, run_id: UUID) -> list[str]:
        """Return the log lines of a run in the order of their timestamps."""
        mine = [line for line in self.logs if line.flow_run_id == run_id]
        return [line.message for line in sorted(mine, key=lambda line: line.timestamp)]

    async def until(self, condition: Callable[[], bool], timeout_seconds: float = 20.0) -> None:
        """Wait until something is true; looked at after every request and every state."""
        async with asyncio.timeout(timeout_seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def until_ended(self, *run_ids: UUID) -> None:
        """Wait until all these runs are in a final state."""
        await self.until(lambda: all(self.last(run_id).type in TERMINAL_STATES for run_id in run_ids))

    async def until_state(self, run_id: UUID, state_type: StateType) -> None:
        """Wait until a run is in a state of this type."""
        await self.until(lambda: self.last(run_id).type is state_type)

    # HTTP

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        await asyncio.sleep(0)
        if self.is_away:
            self.calls["while away"] += 1
            self._changed.set()
            raise httpx.ConnectError("connection refused")
        status, body = self.refuse(request) or self._answer(request)
        self._changed.set()
        for part in self.lost_answers:
            if part in request.url.path:
                self.lost_answers.remove(part)
                raise httpx.ReadError("connection reset")
        return httpx.Response(status, json=body)

    def _answer(self, request: httpx.Request) -> Answer:
        path = request.url.path.removeprefix("/api")
        body = json.loads(request.content) if request.content else {}
        if "attempt" in request.url.params:
            body["attempt"] = int(request.url.params["attempt"])
        for pattern, method, answer in self._routes():
            if request.method == method and (found := re.fullmatch(pattern, path)):
                self.calls[answer.__name__] += 1
                return answer(body, *found.groups())
        return 404, {"detail": f"{request.method} {path} is not known."}

    def _routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        return [
            (r"/work_pools/([^/]+)/workers/heartbeat", "POST", self._heartbeat),
            (r"/work_pools/[^/]+/workers/([^/]+)", "DELETE", self._delete_worker),
            (r"/work_pools/[^/]+/claim", "POST", self._claim),
            (r"/work_pools/[^/]+/renew", "POST", self._renew),
            (r"/work_pools/[^/]+/cleanup/claim", "POST", self._claim_cleanup),
            (r"/work_pools/[^/]+/cleanup/([^/]+)/settle", "POST", self._settle_cleanup),
            (r"/work_pools/[^/]+/queues/([^/]+)", "GET", self._read_queue),
            (r"/work_pools/([^/]+)", "GET", self._read_pool),
            (r"/deployments/([^/]+)", "GET", self._read_deployment),
            (r"/flow_runs/filter", "POST", self._filter_runs),
            (r"/flow_runs/report", "POST", self._report),
            (r"/flow_runs/([^/]+)", "GET", self._read_run),
            (r"/flow_runs/([^/]+)", "PATCH", self._update_run),
            (r"/flow_runs/([^/]+)/set_state", "POST", self._set_state),
            (r"/logs/", "POST", self._create_logs),
        ]

    def _heartbeat(self, body: dict[str, Any], pool: str) -> Answer:
        if pool != self.pool.name:
            return 404, {"detail": f'Work pool "{pool}" not found.'}
        self.workers[body["name"]] = body["heartbeat_interval_seconds"]
        return 204, None

    def _delete_worker(self, _: Any, name: str) -> Answer:
        return (204, None) if self.workers.pop(name, None) else (404, {"detail": "Worker not found."})

    def _read_queue(self, _: Any, name: str) -> Answer:
        if name != "default":
            return 404, {"detail": f"Work pool queue 'main/{name}' not found."}
        return 200, {"id": str(uuid4()), "name": name, "work_pool_id": str(self.pool.id)}

    def _read_pool(self, _: Any, name: str) -> Answer:
        return 200, self.pool.model_dump(mode="json")

    def _read_deployment(self, _: Any, deployment_id: str) -> Answer:
        found = self.deployments.get(UUID(deployment_id))
        return (200, found.model_dump(mode="json")) if found else (404, {"detail": "Deployment not found"})

    def _claim(self, body: dict[str, Any]) -> Answer:
        self.claim_limits.append(body["limit"])
        due = [
            run
            for run in self.runs.values()
            if run.state_type is StateType.SCHEDULED and run.empirical_policy.retry_type != "in_process"
        ]
        if self.is_draining:
            due = []
        for run in due[: body["limit"]]:
            self.give_to(body["worker_name"], run.id)
        return 200, [
            {
                "work_pool_id": str(self.pool.id),
                "work_queue_id": str(uuid4()),
                "flow_run": run.model_dump(mode="json"),
                "attempt": self._attempts[run.id],
                "lease_seconds": self.lease_seconds,
                "renewal_seconds": self.renewal_seconds,
            }
            for run in due[: body["limit"]]
        ]

    def _renew(self, body: dict[str, Any]) -> Answer:
        worker = body["worker_name"]
        listed = {UUID(one["flow_run_id"]): one["attempt"] for one in body["attempts"]}
        self.workers[worker] = body["heartbeat_interval_seconds"]
        self.renewed.append(listed)
        standings = []
        for run_id, attempt in listed.items():
            over = self._why_over(run_id, attempt)
            if over is None:
                self._leases[run_id] = utc_now()
            standings.append(self._standing(run_id, over))
        mine = [run_id for run_id, holder in self._holders.items() if holder == worker]
        return 200, {
            "lease_seconds": self.lease_seconds,
            "grace_seconds": self.grace_seconds,
            "renewal_seconds": self.renewal_seconds,
            "is_draining": self.is_draining,
            "attempts": standings,
            "unlisted": [
                self._standing(run_id, "It is not listed.")
                for run_id in mine
                if run_id not in listed and self._is_held(run_id)
            ],
        }

    def _standing(self, run_id: UUID, over: str | None) -> dict[str, Any]:
        run = self.runs.get(run_id)
        return {
            "flow_run_id": str(run_id),
            "is_yours": over is None,
            "attempt": self._attempts[run_id] or None,
            "state_type": None if run is None else run.state_type,
            "state_name": None if run is None else run.state_name,
            "lease_expires_at": self._leases[run_id].isoformat(),
            "reason": over,
        }

    def _is_held(self, run_id: UUID) -> bool:
        run = self.runs.get(run_id)
        if run is None or run.state is None or run.state.is_final():
            return False
        in_process = run.empirical_policy.retry_type == "in_process"
        reschedules = run.state.is_paused() and bool(run.state.state_details.pause_reschedule)
        return (in_process or not run.state.is_scheduled()) and not reschedules

    def _why_over(self, run_id: UUID, attempt: int | None) -> str | None:
        if run_id not in self.runs:
            return "The run has been deleted."
        if attempt is None or (attempt == self._attempts[run_id] and self._is_held(run_id)):
            return None
        return f"Attempt {attempt} of the run is over: attempt {self._attempts[run_id]} is the last one."

    def _claim_cleanup(self, body: dict[str, Any]) -> Answer:
        given, self.cleanup = self.cleanup, []
        return 200, [
            {
                "message_id": str(uuid4()),
                "kind": "cancelling_timeout_teardown.v1",
                "token": "t",
                "lease_expires_at": utc_now().isoformat(),
                "attempt": 1,
                "target": target,
            }
            for target in given
        ]

    def _settle_cleanup(self, body: dict[str, Any], message_id: str) -> Answer:
        self.settled.append(body)
        return 204, None

    def _chosen(self, body: dict[str, Any]) -> list[FlowRunResponse]:
        wanted = body["flow_runs"]
        ids = wanted.get("id", {}).get("any_")
        types = wanted.get("state", {}).get("type", {})
        return [
            run
            for run in self.runs.values()
            if (ids is None or str(run.id) in ids)
            and run.state_type not in types.get("not_any_", [])
            and run.state_type in types.get("any_", list(StateType))
        ]

    def _filter_runs(self, body: dict[str, Any]) -> Answer:
        return 200, [run.model_dump(mode="json") for run in self._chosen(body)]

    def _read_run(self, _: Any, run_id: str) -> Answer:
        run = self.runs.get(UUID(run_id))
        return (200, run.model_dump(mode="json")) if run else (404, {"detail": "Flow run not found"})

    def _update_run(self, body: dict[str, Any], run_id: str) -> Answer:
        if over := self._why_over(UUID(run_id), body.pop("attempt", None)):
            return 409, {"detail": over}
        run = self.runs[UUID(run_id)]
        if "empirical_policy" in body:
            run.empirical_policy = FlowRunPolicy.model_validate(body["empirical_policy"])
        if "infrastructure_pid" in body:
            run.infrastructure_pid = body["infrastructure_pid"]
        return 204, None

    def _create_logs(self, body: list[dict[str, Any]]) -> Answer:
        self.logs += [LogCreate.model_validate(line) for line in body]
        return 201, None

    def _set_state(self, body: dict[str, Any], run_id: str) -> Answer:
        run = self.runs.get(UUID(run_id))
        if run is None:
            return 404, {"exception_message": f"Flow run '{run_id}' not found."}
        proposed = StateCreate.model_validate(body["state"]).to_state()
        is_repeated = proposed.state_details.transition_id == run.state.state_details.transition_id
        over = self._why_over(run.id, body.get("attempt"))
        if over is not None and not is_repeated:
            return 409, {"detail": over}
        if self.verdicts.get(proposed.type.value):
            return 200, self._result(run, **self.verdicts[proposed.type.value].pop(0))
        return self._orchestrate(run, proposed)

    def _report(self, body: dict[str, Any]) -> Answer:
        self.batches.append([one["flow_run_id"] for one in body["reports"]])
        results = []
        for one in body["reports"]:
            run_id = one.pop("flow_run_id")
            status, told = self._set_state(one, run_id)
            kept = {"result": told} if status < 400 else {"reason": next(iter(told.values()))}
            results.append({"flow_run_id": run_id, "status_code": status, **kept})
        return 200, {"results": results}

    def _orchestrate(self, run: FlowRunResponse, proposed: State) -> Answer:
        present, policy = run.state, run.empirical_policy
        transition_id = proposed.state_details.transition_id
        if transition_id is not None and transition_id == present.state_details.transition_id:
            return 200, self._result(run, "REJECT", "It has been made already.")
        if present.is_cancelling() and not proposed.is_cancelled():
            return 200, self._result(run, "REJECT", "It is being cancelled.")
        if present.is_final() and proposed.is_crashed():
            return 200, self._result(run, "ABORT", "It has ended.")
        if present.is_running() and proposed.is_failed() and run.run_count <= (policy.retries or 0):
            policy.retry_type = "in_process"
            self.set_state(run.id, AwaitingRetry(utc_now() + timedelta(seconds=policy.retry_delay or 0)))
            return 201, self._result(run, "REJECT", "It is tried again.")
        self.set_state(run.id, proposed)
        return 201, self._result(run, "ACCEPT")

    def _result(
        self, run: FlowRunResponse, status: str, reason: str | None = None, **details: Any
    ) -> dict[str, Any]:
        details = {"type": f"{status.lower()}_details", **details}
        if reason is not None:
            details["reason"] = reason
        return {"status": status, "state": run.state.model_dump(mode="json"), "details": details}
