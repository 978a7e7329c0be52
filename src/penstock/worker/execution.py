"""One claimed run on this worker, from its configuration to its last state."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from penstock.client import ApiError, Conflict, ServerUnavailable
from penstock.schemas.actions import StateCreate
from penstock.schemas.responses import FlowRunResponse
from penstock.worker.configuration import ConfiguredJob, JobConfigurationError
from penstock.worker.held_run import HeldRun, Verdict, cancelled
from penstock.worker.levels import WARNING
from penstock.worker.logs import RunLog
from penstock.worker.outcome import crashed, failed, state_after_exit
from penstock.worker.output import RunOutput
from penstock.worker.runners import Job, JobStartError, Runner
from penstock.worker.stopping import Stopping
from penstock.worker.waiting import first_of

Configure = Callable[[FlowRunResponse], Awaitable[ConfiguredJob]]

KILL_MARGIN_SECONDS = 1.0
"""How long before its run is given away a job is killed at the latest."""

log = structlog.get_logger()


class Execution:
    """Starts the job of a run, follows it to its end and has it reported; again when the server says so.

    ``was_cut_short`` says afterwards that the worker's stop ended the job, or that its end is not reported.
    """

    def __init__(
        self,
        held: HeldRun,
        configure: Configure,
        run_log: RunLog,
        *,
        runner: Runner,
        stopping: Stopping,
        kill_grace_seconds: float,
    ) -> None:
        self.held = held
        self.was_cut_short = False
        self._name = held.run.name
        self._configure = configure
        self._log = run_log
        self._runner = runner
        self._stopping = stopping
        self._kill_grace_seconds = kill_grace_seconds

    async def carry_out(self) -> None:
        """Do everything there is to do for the run. Raises nothing but cancellation."""
        try:
            await self._carry_out()
        except Conflict as error:
            log.warning("run %s is not ours any more: %s", self._name, error.message)
        except ApiError as error:
            self.was_cut_short = isinstance(error, ServerUnavailable)
            log.error("run %s could not be reported: %s", self._name, error.message)
        except Exception as error:
            log.exception("run %s was hit by an error of the worker itself", self._name)
            await self._report_own_error(error)
        finally:
            self._log.close()

    async def _carry_out(self) -> None:
        try:
            job = await self._configure(self.held.run)
        except JobConfigurationError as error:
            await self.held.conclude(failed(str(error)))
            return
        except JobStartError as error:
            await self.held.conclude(crashed(str(error)))
            return
        while await self.held.begin():
            state = await self._work(job)
            await self._log.flush()
            if state is None or not await self.held.conclude(state):
                return

    async def _work(self, job: ConfiguredJob) -> StateCreate | None:
        """Run the job once; return the state to report, or None when the run is not ours any more."""
        for warning in job.warnings:
            await self._log.write("worker", WARNING, warning)
        output = RunOutput(self._log, is_logged=job.is_logged)
        try:
            process = await self._runner.start(job.plan, output)
        except JobStartError as error:
            return crashed(str(error))
        log.info("run %s started (pid %d)", self._name, process.pid)
        code = await self._until_ended(process)
        if self.held.verdict is Verdict.CANCEL:
            return cancelled()
        if self.held.verdict is Verdict.LET_GO:
            return None
        if self.was_cut_short:
            return crashed("The worker was stopped before the run ended, and its job with it.")
        return state_after_exit(code, output.tail)

    async def _until_ended(self, process: Job) -> int:
        has_ended = asyncio.Event()
        end = asyncio.create_task(process.wait())
        end.add_done_callback(lambda _: has_ended.set())
        try:
            await first_of(has_ended, self.held.has_verdict, self._stopping.at_once)
        except asyncio.CancelledError:
            await process.stop(grace_seconds=0)
            raise
        if not has_ended.is_set():
            self.was_cut_short = self.held.verdict is None
            log.info("run %s is being stopped (pid %d)", self._name, process.pid)
            await process.stop(self._grace())
        return await end

    def _grace(self) -> float:
        if self.held.kill_at is None:
            return self._kill_grace_seconds
        left = self.held.kill_at - KILL_MARGIN_SECONDS - asyncio.get_running_loop().time()
        return max(0.0, min(self._kill_grace_seconds, left))

    async def _report_own_error(self, error: Exception) -> None:
        try:
            await self.held.conclude(crashed(f"The worker failed: {type(error).__name__}: {error}"))
        except ApiError as refusal:
            log.error("run %s could not be reported: %s", self._name, refusal.message)
