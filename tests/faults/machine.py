"""The API under random use, compared after every step with what must hold of any run."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseKind
from penstock.core.states import TERMINAL_STATES
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import FlowRun
from penstock.server.services import ExpiredAttempts
from tests.support.factories import ago

Answer = TypeVar("Answer")
ENDS = {state.value for state in TERMINAL_STATES}
SLOTS = {"PENDING", "RUNNING"}
RETRIES = 2
WORKERS = ("a", "b")
limits = st.none() | st.integers(1, 3)
picks = st.integers(0, 50)


@dataclass(frozen=True)
class Seen:
    """A run as the database has it."""

    id: UUID
    queue: UUID | None
    deployment: UUID | None
    state: str
    attempt: int
    is_held: bool
    holder: str | None
    is_observed: bool
    failures: int
    has_timer: bool

    @classmethod
    def of(cls, row: FlowRun) -> Self:
        return cls(
            id=row.id,
            queue=row.work_queue_id,
            deployment=row.deployment_id,
            state=row.state_type.value,
            attempt=row.attempt or 0,
            is_held=row.lease_kind is not None,
            holder=row.worker_name,
            is_observed=row.lease_kind is LeaseKind.OBSERVED,
            failures=row.infra_failures or 0,
            has_timer=row.lease_expires_at is not None or row.next_scheduled_start_time is not None,
        )

    @property
    def occupies(self) -> bool:
        return self.state in SLOTS or (self.state == "SCHEDULED" and self.is_held)


class AttemptMachine(RuleBasedStateMachine):
    """A pool with two queues and two deployments, one of them of limit 2; two workers claim."""

    def __init__(
        self, db: DBInterface, app: FastAPI, client: httpx.AsyncClient, runner: asyncio.Runner
    ) -> None:
        super().__init__()
        self.db, self.client, self.runner = db, client, runner
        times = app.state.lease_times if hasattr(app.state, "lease_times") else DEFAULT_LEASE_TIMES
        self.expiry = ExpiredAttempts(db, interval_seconds=60, lease_times=times, patient=False)
        self.before: dict[UUID, Seen] = {}
        self.is_override = self.may_leave_the_end = False

    def run(self, work: Awaitable[Answer]) -> Answer:
        async def wait() -> Answer:
            return await work

        return self.runner.run(wait())

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        answer = self.run(self.client.request(method, path, json=body))
        assert answer.status_code < 500, answer.text
        assert answer.status_code != 422, answer.text
        return answer

    def look(self) -> dict[UUID, Seen]:
        run = self.db.FlowRun

        async def read() -> dict[UUID, Seen]:
            async with self.db.session_context() as session:
                rows = await session.scalars(
                    sa.select(run).where(run.deployment_id.in_(self.deployments)).order_by(run.id)
                )
                return {row.id: Seen.of(row) for row in rows}

        return self.run(read())

    def pick(self, number: int) -> Seen:
        return list(self.before.values())[number % len(self.before)]

    # ── what may happen ───────────────────────────────────────────────────────────────────────────

    @initialize(pool_limit=limits, queue_limit=limits)
    def prepare(self, pool_limit: int | None, queue_limit: int | None) -> None:
        self.pool = f"pool-{uuid4().hex}"
        body = {"name": self.pool, "type": "process", "concurrency_limit": pool_limit}
        default = UUID(self.ask("POST", "work_pools/", body).json()["default_queue_id"])
        narrow = self.ask(
            "POST", f"work_pools/{self.pool}/queues", {"name": "narrow", "concurrency_limit": queue_limit}
        ).json()
        self.queues = {"default": default, "narrow": UUID(narrow["id"])}
        self.limits: dict[UUID | None, int | None] = {
            None: pool_limit,
            default: None,
            self.queues["narrow"]: queue_limit,
        }
        self.paused: set[UUID | None] = set()
        flow = self.ask("POST", "flows/", {"name": "machine"}).json()["id"]
        self.deployments = [self.deploy(flow, "default", 2), self.deploy(flow, "narrow", None)]

    def deploy(self, flow: str, queue: str, limit: int | None) -> UUID:
        body = {
            "name": uuid4().hex,
            "flow_id": flow,
            "work_pool_name": self.pool,
            "work_queue_name": queue,
            "enforce_parameter_schema": False,
            "concurrency_limit": limit,
            "infra_retries": RETRIES,
            "infra_retry_delay_seconds": 0,
        }
        return UUID(self.ask("POST", "deployments/", body).json()["id"])

    @rule(which=st.integers(0, 1), retries=st.integers(0, 1))
    def create_run(self, which: int, retries: int) -> None:
        body = {"state": {"type": "SCHEDULED"}, "empirical_policy": {"retries": retries, "retry_delay": 0}}
        self.ask("POST", f"deployments/{self.deployments[which]}/create_flow_run", body)

    @rule(worker=st.sampled_from(WORKERS), limit=st.integers(1, 4))
    def claim(self, worker: str, limit: int) -> None:
        body = {"worker_name": worker, "limit": limit}
        given = self.ask("POST", f"work_pools/{self.pool}/claim", body).json()
        for one in given:
            run = self.before[UUID(one["flow_run"]["id"])]
            assert (run.state, run.is_held, one["attempt"]) == ("SCHEDULED", False, run.attempt + 1)
            assert not self.paused & {None, run.queue}

    @precondition(lambda self: self.before)
    @rule(worker=st.sampled_from(WORKERS), older=st.integers(0, 1))
    def renew(self, worker: str, older: int) -> None:
        named = {run.id: run.attempt - older for run in self.before.values() if run.attempt > older}
        body = {
            "worker_name": worker,
            "heartbeat_interval_seconds": 30,
            "attempts": [{"flow_run_id": str(key), "attempt": attempt} for key, attempt in named.items()],
        }
        answer = self.ask("POST", f"work_pools/{self.pool}/renew", body).json()
        for standing in answer["attempts"]:
            run = self.before[UUID(standing["flow_run_id"])]
            is_its_own = run.is_held and run.holder == worker and not older
            assert not standing["is_yours"] or is_its_own

    @precondition(lambda self: any(run.is_held for run in self.before.values()))
    @rule(pick=picks)
    def expire(self, pick: int) -> None:
        held = [run for run in self.before.values() if run.is_held]
        run = held[pick % len(held)]

        async def let_expire() -> None:
            async with self.db.session_context(begin_transaction=True) as session:
                row = await session.get_one(self.db.FlowRun, run.id)
                row.lease_expires_at = ago(seconds=1)
            await self.expiry.run_once()

        self.run(let_expire())
        after = self.look()[run.id]
        if run.state == "RUNNING" and run.is_observed and run.holder is None:
            # an operator's override: nobody who could fall silent has it
            assert after == run
            return
        left = "SCHEDULED" if run.failures < RETRIES else "CRASHED"
        expected = "CANCELLED" if run.state == "CANCELLING" else left
        assert (after.state, after.is_held, after.attempt) == (expected, False, run.attempt)

    @precondition(lambda self: self.before)
    @rule(pick=picks, state=st.sampled_from(["RUNNING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]))
    def report(self, pick: int, state: str) -> None:
        run = self.pick(pick)
        if run.attempt:
            answer = self.propose(run, state, attempt=run.attempt)
            assert (answer.status_code == 409) == (not run.is_held), answer.text

    @precondition(lambda self: self.before)
    @rule(pick=picks, state=st.sampled_from(["RUNNING", "COMPLETED"]), force=st.booleans())
    def report_an_old_attempt(self, pick: int, state: str, force: bool) -> None:
        run = self.pick(pick)
        if run.attempt > 1:
            assert self.propose(run, state, attempt=run.attempt - 1, force=force).status_code == 409
            body = {"worker_name": run.holder or "a", "attempt": run.attempt - 1}
            assert self.ask("POST", f"flow_runs/{run.id}/renew", body).status_code == 409
            assert self.look() == self.before

    @precondition(lambda self: self.before)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        self.propose(self.pick(pick), "CANCELLING")

    @precondition(lambda self: self.before)
    @rule(pick=picks, state=st.sampled_from(["COMPLETED", "SCHEDULED", "PENDING", "RUNNING"]))
    def force(self, pick: int, state: str) -> None:
        self.is_override = self.may_leave_the_end = True
        self.propose(self.pick(pick), state, force=True)

    @rule(where=st.sampled_from([None, "default", "narrow"]), paused=st.booleans())
    def pause_or_resume(self, where: str | None, paused: bool) -> None:
        if where is None or where in self.queues:
            self.ask("PATCH", self.path_of(where), {"is_paused": paused})
            key = self.queues[where] if where else None
            (self.paused.add if paused else self.paused.discard)(key)

    @rule(where=st.sampled_from([None, "default", "narrow"]), limit=limits)
    def change_limit(self, where: str | None, limit: int | None) -> None:
        if where is None or where in self.queues:
            self.ask("PATCH", self.path_of(where), {"concurrency_limit": limit})
            self.limits[self.queues[where] if where else None] = limit

    @precondition(lambda self: self.before)
    @rule(pick=picks)
    def delete_run(self, pick: int) -> None:
        assert self.ask("DELETE", f"flow_runs/{self.pick(pick).id}").status_code == 204

    @precondition(lambda self: "narrow" in self.queues)
    @rule()
    def delete_queue(self) -> None:
        assert self.ask("DELETE", self.path_of("narrow")).status_code == 204
        self.limits.pop(self.queues.pop("narrow"))

    def path_of(self, queue: str | None) -> str:
        return f"work_pools/{self.pool}" + (f"/queues/{queue}" if queue else "")

    def propose(self, run: Seen, state: str, **body: Any) -> httpx.Response:
        return self.ask("POST", f"flow_runs/{run.id}/set_state", {"state": {"type": state}, **body})

    # ── what always holds ─────────────────────────────────────────────────────────────────────────

    @invariant()
    def promises_are_kept(self) -> None:
        after = self.look()
        for run in after.values():
            before = self.before.get(run.id)
            self.check_run(before, run)
        for place, limit in self.limits.items():
            taken, was = (
                sum(self.is_in(one, place) for one in runs.values()) for runs in (after, self.before)
            )
            assert limit is None or self.is_override or taken <= max(limit, was), place
        limited = [run for run in after.values() if run.deployment == self.deployments[0]]
        leases = self.run(self.count_leases([run.id for run in limited]))
        assert leases <= 2 or self.is_override
        assert self.is_override or leases == sum(run.is_held for run in limited)
        self.before, self.may_leave_the_end = after, False

    def check_run(self, before: Seen | None, run: Seen) -> None:
        live = run.state in SLOTS | {"CANCELLING"}
        assert run.has_timer or run.state in ENDS, f"neither owner nor timer: {run}"
        assert run.is_held or not live, f"nobody holds {run}"
        assert not run.is_held or run.state not in ENDS, f"held after its end: {run}"
        if before is None:
            return
        assert before.attempt <= run.attempt <= before.attempt + 1
        if before.state in ENDS and not self.may_leave_the_end:
            assert run.state in ENDS | {"SCHEDULED"}, f"{before} became {run}"
        if run.attempt > before.attempt:
            assert not before.is_held, f"{before} was given away while it was held"

    def is_in(self, run: Seen, place: UUID | None) -> bool:
        return run.occupies and run.queue is not None and (place is None or run.queue == place)

    async def count_leases(self, of: list[UUID]) -> int:
        lease = self.db.ConcurrencyLease
        async with self.db.session_context() as session:
            found = sa.select(sa.func.count()).select_from(lease).where(lease.flow_run_id.in_(of))
            return int(await session.scalar(found) or 0)
