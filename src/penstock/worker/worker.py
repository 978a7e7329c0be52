"""The worker, put together from its parts."""

import asyncio
import shlex
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import structlog

from penstock.client import ApiError, Conflict, NotFound, PenstockClient, ServerUnavailable
from penstock.schemas.actions import WorkPoolCreate
from penstock.schemas.job_templates import default_base_job_template
from penstock.schemas.responses import ClaimedFlowRun, FlowRunResponse
from penstock.settings import WorkerSettings
from penstock.worker.cleanup import Cleanup
from penstock.worker.contact import ServerContact
from penstock.worker.crew import Crew
from penstock.worker.execution import Execution
from penstock.worker.heartbeat import Heartbeat
from penstock.worker.held_run import HeldRun
from penstock.worker.infrastructure import NamingRunner
from penstock.worker.job_source import JobSource
from penstock.worker.lease import Lease
from penstock.worker.logs import LogShipper
from penstock.worker.loop import ClaimLoop
from penstock.worker.lost_claims import LostClaims
from penstock.worker.naming import default_worker_name
from penstock.worker.renewals import Renewals
from penstock.worker.reporting import Reporter
from penstock.worker.runners import ProcessRunner, Runner
from penstock.worker.slots import LocalSlots
from penstock.worker.stopping import Stopping
from penstock.worker.watch import RunWatch

POOL_TYPE = "process"
_LEAVE_SECONDS = 5.0
_RESTART_SECONDS = 1.0

log = structlog.get_logger()


class Worker:
    """Claims runs of one pool and carries them out on this machine, until it is asked to stop.

    ``queues`` empty means all queues of the pool; ``limit`` is how many runs it takes at once, 100 when not
    given; ``create_pool`` makes a process pool where there is none. ``on_ready`` is called once the server
    knows the worker. The client should give up early on a silent server: the worker has the patience.
    """

    def __init__(
        self,
        client: PenstockClient,
        *,
        pool: str,
        queues: Sequence[str] = (),
        limit: int | None = None,
        name: str | None = None,
        settings: WorkerSettings | None = None,
        create_pool: bool = False,
        on_ready: Callable[[], None] | None = None,
        runner: Runner | None = None,
    ) -> None:
        if limit is not None and limit < 1:
            raise ValueError("The limit of a worker has to be at least 1.")
        settings = settings or WorkerSettings()
        self.name = name or default_worker_name()
        self.pool = pool
        self.queues = tuple(queues)
        self.stopping = Stopping(
            drain_timeout_seconds=settings.drain_timeout_seconds,
            kill_grace_seconds=settings.kill_grace_seconds,
        )
        self._client = client
        self._settings = settings
        self._create_pool = create_pool
        self._on_ready = on_ready
        self._contact = ServerContact()
        self._runner = NamingRunner(
            runner or ProcessRunner(), client, self._contact, give_up=self.stopping.over
        )
        self._slots = LocalSlots(limit)
        self._crew = Crew(self._slots)
        self._reporter = Reporter(client, self._contact, self.stopping.over)
        self._shipper = LogShipper(
            client, self._contact, batch_seconds=settings.log_batch_seconds, give_up=self.stopping.over
        )
        self._heartbeat = Heartbeat(
            client,
            self._contact,
            pool=pool,
            worker_name=self.name,
            interval_seconds=settings.heartbeat_interval_seconds,
        )

    def request_stop(self) -> None:
        """Drain; when called again, stop at once."""
        self.stopping.request()

    async def run(self) -> int:
        """Work until stopped; return the exit code.

        0: everything that was taken was finished or handed back. 1: the pool or a queue does not exist, or
        jobs were cut short.
        """
        try:
            if not await self._introduce():
                return 0 if self.stopping.draining.is_set() else 1
            if self._on_ready is not None:
                self._on_ready()
            await self._work()
        finally:
            self.stopping.forget_deadlines()
        log.info("stopped; %d runs cut short", self._crew.cut_short)
        return 1 if self._crew.cut_short else 0

    async def _introduce(self) -> bool:
        """Make the worker known to the server; return False when there is nothing to work for."""
        try:
            await self._appear()
        except ServerUnavailable:
            return False
        except NotFound:
            log.error(
                "There is no work pool '%s'. Create it with: penstock pool create %s",
                self.pool,
                shlex.quote(self.pool),
            )
            return False
        except ApiError as error:
            log.error("The server refuses this worker: %s", error.message)
            return False
        for queue in self.queues:
            if not await self._queue_exists(queue):
                await self._leave()
                return False
        return True

    async def _appear(self) -> None:
        draining = self.stopping.draining
        try:
            await self._heartbeat.send_until_answered(give_up=draining)
        except NotFound:
            if not self._create_pool:
                raise
            await self._contact.until_answered(self._make_pool, give_up=draining)
            await self._heartbeat.send_until_answered(give_up=draining)

    async def _make_pool(self) -> None:
        template = default_base_job_template(POOL_TYPE)
        with suppress(Conflict):
            await self._client.create_work_pool(
                WorkPoolCreate(name=self.pool, type=POOL_TYPE, base_job_template=template)
            )

    async def _queue_exists(self, queue: str) -> bool:
        try:
            await self._contact.until_answered(
                lambda: self._client.read_work_queue(self.pool, queue), give_up=self.stopping.draining
            )
        except ServerUnavailable:
            return False
        except NotFound:
            log.error(
                "Work pool '%s' has no queue '%s'. Create it with: penstock queue create %s --pool %s",
                self.pool,
                queue,
                shlex.quote(queue),
                shlex.quote(self.pool),
            )
            return False
        except ApiError as error:
            log.error("Work queue '%s' cannot be served: %s", queue, error.message)
            return False
        return True

    async def _work(self) -> None:
        log.info(
            "worker %s serves %s of work pool %s at %s, up to %d runs at once",
            self.name,
            f"queues {', '.join(self.queues)}" if self.queues else "all queues",
            self.pool,
            self._client.api_url,
            self._slots.limit,
        )
        lost_claims = LostClaims(self._contact, self._crew, self._reporter, self._hold)
        renewals = Renewals(
            self._client,
            self._contact,
            self._crew,
            lost_claims,
            pool=self.pool,
            worker_name=self.name,
            heartbeat_interval_seconds=self._settings.heartbeat_interval_seconds,
        )
        watch = RunWatch(
            self._client, self._contact, self._crew, interval_seconds=self._settings.cancel_check_seconds
        )
        loop = ClaimLoop(
            self._client,
            self._contact,
            self._slots,
            self.stopping,
            self._submit,
            renewals.may_claim,
            pool=self.pool,
            queues=self.queues,
            worker_name=self.name,
            poll_interval_seconds=self._settings.poll_interval_seconds,
            wait_seconds=self._settings.claim_wait_seconds,
        )
        cleanup = Cleanup(
            self._client,
            self._contact,
            pool=self.pool,
            worker_name=self.name,
            interval_seconds=self._settings.cleanup_check_seconds,
            kill_grace_seconds=self._settings.kill_grace_seconds,
        )
        background = [
            asyncio.create_task(_keep_going(part.run))
            for part in (renewals, watch, lost_claims, self._shipper, cleanup)
        ]
        try:
            await _keep_going(loop.run)
            await self._crew.until_all_ended()
        finally:
            await self._crew.abandon()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await self._leave()

    def _submit(self, claimed: Sequence[ClaimedFlowRun], asked_at: float) -> None:
        jobs = JobSource(self._client, self._contact, pool=self.pool, give_up=self.stopping.over)
        for claim in claimed:
            self._crew.start(
                Execution(
                    self._hold(claim.flow_run, claim.attempt, Lease(asked_at, claim.lease_seconds)),
                    jobs.configure,
                    self._shipper.open(claim.flow_run.id),
                    runner=self._runner,
                    stopping=self.stopping,
                    kill_grace_seconds=self._settings.kill_grace_seconds,
                )
            )

    def _hold(self, run: FlowRunResponse, attempt: int, lease: Lease | None = None) -> HeldRun:
        return HeldRun(
            run,
            attempt,
            worker_name=self.name,
            reporter=self._reporter,
            stopping=self.stopping,
            lease=lease or Lease(),
        )

    async def _leave(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self._heartbeat.leave()


async def _keep_going(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a part of the worker until it returns or is cancelled, whatever goes wrong in it."""
    while True:
        try:
            await run()
            return
        except Exception:
            log.exception("a part of the worker failed and is started again")
            await asyncio.sleep(_RESTART_SECONDS)
