"""Walks a path of the protocol's model with the real functions, and compares after every step."""

from uuid import UUID

from penstock.core.errors import ConflictError
from penstock.schemas.states import Completed, Running, Scheduled
from penstock.server.database import DBInterface
from penstock.server.models.attempts import renew_attempts
from penstock.server.orchestration import Proposer, claim_flow_runs, set_flow_run_state
from penstock.server.orchestration.expiry import end_expired_attempt
from tests.faults.protocol import LIVE, START, WAITING, Message, Step, World
from tests.support.factories import ago, default_queue, make_deployment, make_pool, make_run

LEASE_SECONDS = 120.0


class Replay:
    """A pool of limit 1 with two due runs, as the model begins."""

    def __init__(self, db: DBInterface) -> None:
        self._db = db
        self._runs: list[UUID] = []

    async def walk(self, path: list[tuple[Step, World]]) -> list[str]:
        """Take the steps; return where the server and the model part, if they do."""
        await self._prepare()
        before = START
        for number, (step, after) in enumerate(path):
            await self._take(step, before)
            real = await self._look()
            model = [
                ("SCHEDULED" if run.state == WAITING else run.state, run.attempt, run.state in LIVE)
                for run in after.runs
            ]
            if real != model:
                return [
                    f"step {number} {step}: the server has {real}, the model {model}: {path[: number + 1]}"
                ]
            before = after
        return []

    async def _prepare(self) -> None:
        async with self._db.session_context(begin_transaction=True) as session:
            pool = await make_pool(session, concurrency_limit=1)
            queue = await default_queue(session, pool)
            deployment = await make_deployment(session, queue, infra_retries=100, infra_retry_delay_seconds=0)
            runs = [
                await make_run(session, queue, Scheduled(ago(minutes=minutes)), deployment_id=deployment.id)
                for minutes in (2, 1)
            ]
            self._pool, self._runs = pool.id, [run.id for run in runs]

    async def _look(self) -> list[tuple[str, int, bool]]:
        async with self._db.session_context() as session:
            rows = [await session.get_one(self._db.FlowRun, run_id) for run_id in self._runs]
            return [(row.state_type.value, row.attempt or 0, row.lease_kind is not None) for row in rows]

    async def _take(self, step: Step, before: World) -> None:
        if step.name == "expire":
            await self._expire(self._runs[step.who])
        if step.name in {"serve", "serve stray"}:
            worker = before.workers[step.who]
            message = worker.stray if step.name == "serve stray" else worker.message
            assert message is not None
            await self._serve(f"worker-{step.who}", message)

    async def _expire(self, run_id: UUID) -> None:
        async with self._db.session_context(begin_transaction=True) as session:
            run = await session.get_one(self._db.FlowRun, run_id)
            run.lease_expires_at = ago(seconds=1)
        async with self._db.session_context(begin_transaction=True) as session:
            assert await end_expired_attempt(session, run_id)

    async def _serve(self, worker: str, message: Message) -> None:
        try:
            async with self._db.session_context(begin_transaction=True) as session:
                if message.kind == "claim":
                    await claim_flow_runs(
                        session=session, work_pool_id=self._pool, worker_name=worker, limit=1
                    )
                elif message.kind == "renew":
                    named = {self._runs[message.run]: message.attempt}
                    await renew_attempts(
                        session=session, worker_name=worker, attempts=named, seconds=LEASE_SECONDS
                    )
                else:
                    await set_flow_run_state(
                        session=session,
                        flow_run_id=self._runs[message.run],
                        state=Running() if message.kind == "start" else Completed(),
                        proposer=Proposer(attempt=message.attempt),
                    )
        except ConflictError:
            return
