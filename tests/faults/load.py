"""A load of runs and simulated workers that goes on while something is broken on purpose."""

import asyncio
import random
import time
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.core.states import TERMINAL_STATES
from penstock.server import models
from penstock.server.database import DBInterface
from tests.faults.journal import Journal
from tests.faults.verdicts import Verdict, judge
from tests.faults.workers import UNAVAILABLE, SimulatedWorker
from tests.races import audit, deployment_audit

POOL = "faults"
BACKLOG = 12
FINISH_SECONDS = 90.0


class Load:
    """Keeps a backlog of runs in a limited pool, and the workers that work it off.

    Runs are created by requests, and asked for again until a server confirms them. ``finish`` ends the
    load; ``verdict`` says what became of it.
    """

    def __init__(
        self,
        db: DBInterface,
        addresses: list[str],
        chance: random.Random,
        *,
        workers: int = 6,
        trusts_unavailable: bool = False,
    ) -> None:
        self.db = db
        self.addresses = addresses
        self.journal = Journal()
        self.created: set[str] = set()
        self.workers: list[SimulatedWorker] = []
        self._chance = chance
        self._number = workers
        self._trusts_unavailable = trusts_unavailable
        self._deployments: list[Any] = []
        self._client = httpx.AsyncClient(timeout=5)
        self._feeder: asyncio.Task[None] | None = None
        self._is_ending = False
        self._dead: list[SimulatedWorker] = []

    async def __aenter__(self) -> Self:
        await self._prepare()
        for number in range(self._number):
            self.workers.append(self._worker(f"worker-{number}"))
        self._feeder = asyncio.create_task(self._feed())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(f"answers: {dict(self.journal.answers)}; created {len(self.created)}; problems:")
            print(*self.journal.problems[:20], sep="\n")
        if self._feeder is not None:
            self._feeder.cancel()
            await asyncio.gather(self._feeder, return_exceptions=True)
        for worker in self.workers:
            worker.crash()
        await asyncio.gather(*(worker.is_gone() for worker in [*self.workers, *self._dead]))
        await self._client.aclose()

    def crash_a_worker(self) -> None:
        """Let one worker die; it comes back at once, by its own name or, as a pod does, by another."""
        place = self._chance.randrange(len(self.workers))
        worker = self.workers[place]
        worker.crash()
        self._dead.append(worker)
        name = worker.name if self._chance.random() < 0.5 else f"worker-{uuid4().hex[:8]}"
        self.workers[place] = self._worker(name)

    async def until_completed(self, number: int, seconds: float = FINISH_SECONDS) -> None:
        """Wait until so many more runs than now are completed."""
        goal = len(self.journal.completed) + number
        async with asyncio.timeout(seconds):
            while len(self.journal.completed) < goal:
                await asyncio.sleep(0.05)

    async def finish(self) -> Verdict:
        """Create no more runs, wait for the end of those there are, and judge."""
        begun = time.monotonic()
        self._is_ending = True
        assert self._feeder is not None
        await self._feeder
        deadline = time.monotonic() + FINISH_SECONDS
        while await self._are_open() and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
        async with asyncio.timeout(FINISH_SECONDS):
            await asyncio.gather(*(worker.drain() for worker in self.workers))
        print(f"finished after {time.monotonic() - begun:.1f} s")
        return await judge(self.db, self.journal, self.created)

    def _worker(self, name: str) -> SimulatedWorker:
        seed = random.Random(self._chance.random())
        worker = SimulatedWorker(name, POOL, self.addresses, self.journal, seed)
        worker.trusts_unavailable = self._trusts_unavailable
        worker.start()
        return worker

    async def _are_open(self) -> bool:
        run = self.db.FlowRun
        is_open = sa.select(run.id).where(run.state_type.not_in(TERMINAL_STATES)).limit(1)
        try:
            async with self.db.engine.connect() as connection:
                return await connection.scalar(is_open) is not None
        except DBAPIError:
            return True

    async def _prepare(self) -> None:
        """Make a pool of limit 8, a further queue of limit 3, and deployments, one of them of limit 2."""
        async with self.db.session_context(begin_transaction=True) as session:
            pool = await models.workers.create_work_pool(
                session=session,
                work_pool=schemas.actions.WorkPoolCreate(name=POOL, type="process", concurrency_limit=8),
            )
            queue = await models.workers.create_work_queue(
                session=session,
                work_pool_id=pool.id,
                work_queue=schemas.actions.WorkQueueCreate(name="narrow", concurrency_limit=3),
            )
            flow = await models.flows.create_flow(session=session, flow=schemas.core.Flow(name="faults"))
            for number, (queue_id, limit) in enumerate(
                ((pool.default_queue_id, None), (pool.default_queue_id, 2), (queue.id, None))
            ):
                deployment = schemas.actions.DeploymentCreate(
                    name=f"d{number}",
                    flow_id=flow.id,
                    concurrency_limit=limit,
                    enforce_parameter_schema=False,
                    infra_retries=100,
                    infra_retry_delay_seconds=0,
                )
                made = await models.deployments.create_deployment(
                    session=session, deployment=deployment, work_queue_id=queue_id
                )
                self._deployments.append(made.id)
        async with self.db.engine.begin() as connection:
            await audit.install(connection)
            await deployment_audit.install(connection, {"two": self._deployments[1:2]})

    async def _feed(self) -> None:
        while not self._is_ending:
            if len(self.created) - len(self.journal.completed) < BACKLOG:
                await self._create()
            else:
                await asyncio.sleep(0.05)

    async def _create(self) -> None:
        """Create a run; the same request again, wherever, makes no second one."""
        due = {"scheduled_time": utc_now().isoformat()}
        body = {"idempotency_key": str(uuid4()), "state": {"type": "SCHEDULED", "state_details": due}}
        deployment_id = self._chance.choice(self._deployments)
        while True:
            address = self._chance.choice(self.addresses)
            path = f"{address}/api/deployments/{deployment_id}/create_flow_run"
            try:
                answer = await self._client.post(path, json=body)
            except UNAVAILABLE:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code in (200, 201):
                self.created.add(answer.json()["id"])
                return
            if answer.status_code != 503:
                self.journal.problems.append(f"create: {answer.status_code} {answer.text[:300]}")
                return
            await asyncio.sleep(0.1)
