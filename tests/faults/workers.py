"""Simulated workers: tasks that claim, renew and report over HTTP, and obey the rule of leases.

The rule: a worker counts a lease from the moment in which it *sent* the request that began it, and
has ended the job when that lease is over. A job may outlive its worker, but not its lease.
"""

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.faults.journal import Execution, Journal

CLAIM_SECONDS = 0.1
ANSWER_SECONDS = 5.0
UNAVAILABLE = (httpx.TransportError,)

Told = tuple[int, dict[str, Any]]
"""The status of an answer to a report, and what was answered."""


class WorkerDiedError(Exception):
    """The worker is dead: it does nothing more, whatever comes back to it."""


@dataclass
class Held:
    """An attempt in the hands of a worker; ``until`` is the end of its lease by the worker's clock."""

    run_id: str
    attempt: int
    until: float
    lease_seconds: float
    execution: Execution | None = None
    is_lost: bool = False

    @property
    def may_work(self) -> bool:
        return not self.is_lost and time.monotonic() < self.until


class SimulatedWorker:
    """One incarnation of a worker; after a crash, another one of the same name may be started."""

    def __init__(
        self, name: str, pool: str, addresses: list[str], journal: Journal, chance: random.Random
    ) -> None:
        self.name = name
        self._pool = pool
        self._addresses = addresses
        self._journal = journal
        self._chance = chance
        self._place = chance.randrange(len(addresses))
        self._held: dict[str, Held] = {}
        self._due: list[tuple[dict[str, Any], asyncio.Future[Told | None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: list[asyncio.Task[None]] = []
        self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS)
        self.limit = 3
        self.is_draining = False
        self.trusts_unavailable = False
        self._is_dead = False

    def start(self) -> None:
        """Begin to claim and to renew."""
        self._lanes = [asyncio.create_task(self._claim_often()), asyncio.create_task(self._renew_often())]

    def crash(self) -> None:
        """Die at once, saying nothing. Some jobs die too, the others go on until their leases end."""
        self._is_dead = True
        for held in self._held.values():
            if held.execution is None:
                continue
            outlives = self._chance.random() if self._chance.random() < 0.5 else 0.0
            left = max(0.0, held.until - time.monotonic())
            if outlives:
                asyncio.get_running_loop().call_later(left * outlives, held.execution.close)
            else:
                held.execution.close()

    async def is_gone(self) -> None:
        """Wait for the last answers of a dead worker's requests."""
        outcomes = await asyncio.gather(*self._lanes, *self._tasks, return_exceptions=True)
        self._journal.problems += [
            repr(one)
            for one in outcomes
            if isinstance(one, Exception) and not isinstance(one, WorkerDiedError)
        ]
        await self._client.aclose()

    async def drain(self) -> None:
        """Claim no more, finish what is here, and end."""
        self.is_draining = True
        while self._held:
            await asyncio.sleep(0.02)
        self.crash()
        await self.is_gone()

    # ── the protocol ──────────────────────────────────────────────────────────────────────────────

    async def _ask(self, path: str, body: dict[str, Any]) -> httpx.Response | None:
        """Send a request to the server of the moment; None when it has to be sent again, to another one.

        With ``trusts_unavailable`` a 503 keeps the jobs going: a server without a database gives nothing
        away. That is true as long as it is the only one.
        """
        sent_at = time.monotonic()
        address = self._addresses[self._place % len(self._addresses)]
        try:
            answer = await self._client.post(f"{address}/api/{path}", json=body)
        except UNAVAILABLE:
            self._stay_alive()
            self._place += 1
            return None
        self._stay_alive()
        self._journal.answers[answer.status_code] += 1
        if answer.status_code == 503:
            if "Retry-After" not in answer.headers:
                self._journal.problems.append(f"{path}: 503 without Retry-After")
            if self.trusts_unavailable:
                for held in self._held.values():
                    held.until = max(held.until, sent_at + held.lease_seconds)
            self._place += 1
            return None
        if answer.status_code >= 500 or answer.status_code == 422:
            self._journal.problems.append(f"{path}: {answer.status_code} {answer.text[:300]}")
            return None
        return answer

    def _stay_alive(self) -> None:
        if self._is_dead:
            raise WorkerDiedError

    async def _claim_often(self) -> None:
        while True:
            self._stay_alive()
            if not self.is_draining and len(self._held) < self.limit:
                await self._claim()
            await asyncio.sleep(CLAIM_SECONDS * self._chance.uniform(0.5, 1.5))

    async def _claim(self) -> None:
        sent_at = time.monotonic()
        body = {"worker_name": self.name, "limit": self.limit - len(self._held)}
        answer = await self._ask(f"work_pools/{self._pool}/claim", body)
        if answer is None or answer.status_code != 200:
            return
        for one in answer.json():
            lease = one["lease_seconds"]
            held = Held(one["flow_run"]["id"], one["attempt"], sent_at + lease, lease)
            self._held[held.run_id] = held
            task = asyncio.create_task(self._see_through(held))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _renew_often(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, 1.0))
            self._stay_alive()
            sent_at = time.monotonic()
            listed = dict(self._held)
            answer = await self._ask(
                f"work_pools/{self._pool}/renew",
                {
                    "worker_name": self.name,
                    "heartbeat_interval_seconds": 5,
                    "attempts": [
                        {"flow_run_id": one.run_id, "attempt": one.attempt} for one in listed.values()
                    ],
                },
            )
            if answer is None or answer.status_code != 200:
                continue
            for standing in answer.json()["attempts"]:
                held = listed[standing["flow_run_id"]]
                if standing["is_yours"]:
                    held.until = max(held.until, sent_at + held.lease_seconds)
                else:
                    held.is_lost = True

    # ── a run ─────────────────────────────────────────────────────────────────────────────────────

    async def _see_through(self, held: Held) -> None:
        try:
            if await self._report(held, "RUNNING") and held.may_work:
                await self._work(held)
                if held.execution and held.execution.is_done and await self._report(held, "COMPLETED"):
                    self._journal.complete(held.run_id)
        finally:
            if self._held.get(held.run_id) is held:
                del self._held[held.run_id]

    async def _work(self, held: Held) -> None:
        """Do the job: nothing but time, as long as the lease lasts."""
        ends_at = time.monotonic() + self._chance.choice((0.02, 0.1, 0.3, 0.3, 0.6, 4.0))
        held.execution = self._journal.begin(held.run_id, held.attempt, self.name)
        while held.may_work and time.monotonic() < ends_at:
            await asyncio.sleep(0.02)
            self._stay_alive()
        held.execution.close(is_done=time.monotonic() >= ends_at)

    async def _report(self, held: Held, state: str) -> bool:
        """Report until a server answers; return whether the run is in that state by this report."""
        name = str(uuid4())
        while True:
            if state == "RUNNING" and not held.may_work:
                return False
            body = {"type": state, "state_details": {"transition_id": name}}
            told = await self._propose(held, body)
            if told is None:
                await asyncio.sleep(0.1)
                continue
            status, result = told
            if status in (404, 409):
                return False
            with suppress(KeyError, TypeError):
                if result["status"] == "ACCEPT" or result["state"]["type"] == state:
                    return True
                if result["status"] == "WAIT":
                    await asyncio.sleep(0.2)
                    continue
            self._journal.problems.append(f"{state} of {held.run_id}: {status} {str(result)[:300]}")
            return False

    async def _propose(self, held: Held, state: dict[str, Any]) -> Told | None:
        """Send a report, with all that are due in the same moment; None when it has to be sent again."""
        report = {"flow_run_id": held.run_id, "attempt": held.attempt, "state": state}
        letter = report, asyncio.get_running_loop().create_future()
        self._due.append(letter)
        await asyncio.sleep(0)
        if self._due and self._due[0] is letter:
            letters, self._due = self._due, []
            try:
                answers = await self._send([report for report, _ in letters])
            except WorkerDiedError:
                for _, waits in letters[1:]:
                    waits.set_exception(WorkerDiedError())
                raise
            for (_, waits), answer in zip(letters, answers, strict=True):
                waits.set_result(answer)
        return await letter[1]

    async def _send(self, reports: list[dict[str, Any]]) -> list[Told | None]:
        if len(reports) == 1:
            [report] = reports
            body = {"state": report["state"], "attempt": report["attempt"]}
            answer = await self._ask(f"flow_runs/{report['flow_run_id']}/set_state", body)
            return [None if answer is None else (answer.status_code, answer.json())]
        answer = await self._ask("flow_runs/report", {"reports": reports})
        if answer is None:
            return [None] * len(reports)
        return [(one["status_code"], one["result"] or one) for one in answer.json()["results"]]
