"""A run that this worker holds, as far as the server is concerned."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum, auto

import structlog

from penstock.core.states import TERMINAL_STATES, StateName, StateType
from penstock.schemas.actions import StateCreate
from penstock.schemas.responses import (
    FlowRunResponse,
    OrchestrationResult,
    SetStateStatus,
    StateAbortDetails,
    StateRejectDetails,
    StateWaitDetails,
)
from penstock.schemas.states import State, StateDetails
from penstock.worker.lease import Lease
from penstock.worker.reporting import Reporter
from penstock.worker.stopping import Stopping
from penstock.worker.waiting import first_of

log = structlog.get_logger()


class Verdict(Enum):
    """What was decided on the server about a run while it was here."""

    CANCEL = auto()
    LET_GO = auto()


class HeldRun:
    """Proposes the states of a run and knows what the server last said about it.

    ``attempt`` is the one this worker was given, ``lease`` how long it may work on it, and ``kill_at`` when
    the job has to be gone, where that is near, by the event loop's clock.

    Every coroutine raises ``Conflict`` when the attempt is over, another ``ApiError`` when the server refuses
    the call itself, and ``ServerUnavailable`` when it is silent until the worker's stop is over.
    """

    def __init__(
        self,
        run: FlowRunResponse,
        attempt: int,
        *,
        worker_name: str,
        reporter: Reporter,
        stopping: Stopping,
        lease: Lease,
    ) -> None:
        self.run = run
        self.attempt = attempt
        self.lease = lease
        self.kill_at: float | None = None
        self.verdict: Verdict | None = None
        self.has_verdict = asyncio.Event()
        self._worker_name = worker_name
        self._reporter = reporter
        self._stopping = stopping
        self._known = run.state
        self._known_id = run.state_id
        self._is_speaking = False

    def notice(self, run: FlowRunResponse) -> None:
        """Take note of the run as the server shows it.

        What is older than this worker's own last word changes nothing, nor does what may be the effect of a
        word that is on its way.
        """
        if self._is_speaking:
            return
        if run.state is not None and self._is_news(run.state):
            if run.state.is_cancelling():
                self._decide(Verdict.CANCEL, "is to be cancelled")
            elif _leaves_no_room(run.state) and not (self._awaits_retry and run.state.is_scheduled()):
                self._decide(Verdict.LET_GO, f"is {run.state.name} on the server")

    def cancel(self) -> None:
        """Say that the server wants the run cancelled."""
        if not self._is_speaking:
            self._decide(Verdict.CANCEL, "is to be cancelled")

    def revoke(self, reason: str) -> None:
        """Say that the run is not this worker's any more, for the server's reason.

        That may be the effect of a word that is on its way: the answer to it will tell.
        """
        if not self._is_speaking:
            self._decide(Verdict.LET_GO, f"is not ours any more: {reason}")

    def lapse(self, *, grace_seconds: float) -> None:
        """Say that nobody answered for the whole lease; the run is given away ``grace_seconds`` after it."""
        if not self._is_speaking and self.verdict is None:
            seconds = self.lease.seconds
            self.kill_at = self.lease.renewed_at + seconds + grace_seconds
            why = f"is let go: no server answered for {seconds:g} s, so it will be given to another worker"
            self._decide(Verdict.LET_GO, why)

    def let_go(self) -> None:
        """Say that the run was claimed anew: whoever holds it now, it is not this one."""
        self._decide(Verdict.LET_GO, "was claimed anew")

    async def begin(self) -> bool:
        """Return True once RUNNING is accepted, False when the job must not start; that is settled then."""
        while True:
            if self.verdict is Verdict.CANCEL:
                await self.conclude(cancelled())
            if self.verdict is not None:
                return False
            if self._stopping.draining.is_set():
                await self.hand_back()
                return False
            was_retry = self._awaits_retry
            result = await self._propose(
                StateCreate(type=StateType.RUNNING, message=f"Started by worker '{self._worker_name}'.")
            )
            if result.status is SetStateStatus.ACCEPT:
                return self._may_start()
            if not isinstance(result.details, StateWaitDetails):
                log.info("run %s is not started: %s", self.run.name, _reason(result))
                await self._settle(result)
                if was_retry and result.state is not None and result.state.is_scheduled():
                    await self._let_others_retry()
                return False
            await self._pause(result.details.delay_seconds)

    def _may_start(self) -> bool:
        if self.lease.left <= 0:
            self._decide(Verdict.LET_GO, "is not started: its lease was over before the server's answer came")
        return self.verdict is None

    async def conclude(self, state: StateCreate) -> bool:
        """Report how the run ended.

        Returns True when the server wants it tried again by this worker, and it is time to ``begin``.
        """
        result = await self._propose(state)
        if result.status is SetStateStatus.ACCEPT:
            log.info("run %s %s", self.run.name, _in_short(state))
            return False
        if result.status is SetStateStatus.REJECT and self._awaits_retry and result.state is not None:
            seconds = _seconds_until_due(result.state)
            log.info("run %s failed and is tried again in %.0f s", self.run.name, seconds)
            await self._pause(seconds)
            return True
        log.warning("run %s stays as it is on the server: %s", self.run.name, _reason(result))
        await self._settle(result)
        return False

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the run is decided on or the worker stops; then look what became of the run."""
        if not await first_of(self._stopping.draining, self.has_verdict, timeout_seconds=seconds):
            self.notice(await self._reporter.read(self.run.id))

    async def hand_back(self) -> None:
        """Let another worker have the run, in its old place."""
        if self._awaits_retry:
            await self._let_others_retry()
        else:
            result = await self._propose(
                StateCreate(
                    type=StateType.SCHEDULED,
                    message=f"Handed back by worker '{self._worker_name}'.",
                    state_details=StateDetails(scheduled_time=self._due_time()),
                )
            )
            await self._settle(result)
        log.info("run %s handed back", self.run.name)

    async def _settle(self, refusal: OrchestrationResult) -> None:
        """Finish a cancellation that came in between: only the holder of a run can."""
        state = refusal.state
        if refusal.status is not SetStateStatus.ACCEPT and state is not None and state.is_cancelling():
            await self._propose(cancelled())
            log.info("run %s cancelled", self.run.name)

    async def _let_others_retry(self) -> None:
        with self._speaking():
            await self._reporter.let_others_retry(self.run.id, self.attempt)

    async def _propose(self, state: StateCreate) -> OrchestrationResult:
        with self._speaking():
            result = await self._reporter.propose(self.run.id, state, self.attempt)
        if result.state is not None:
            self._known = result.state
            self._known_id = result.state.id
        return result

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        self._is_speaking = True
        try:
            yield
        finally:
            self._is_speaking = False

    def _is_news(self, state: State) -> bool:
        if state.id == self._known_id:
            return False
        return self._known is None or state.timestamp > self._known.timestamp

    def _decide(self, verdict: Verdict, why: str) -> None:
        if self.verdict is None:
            say = log.info if verdict is Verdict.CANCEL else log.warning
            say("run %s %s", self.run.name, why)
            self.verdict = verdict
            self.has_verdict.set()

    def _due_time(self) -> datetime | None:
        state = self.run.state
        due = state.state_details.scheduled_time if state is not None else None
        return due or self.run.next_scheduled_start_time or self.run.expected_start_time

    @property
    def _awaits_retry(self) -> bool:
        return self._known is not None and self._known.name == StateName.AWAITING_RETRY


def cancelled() -> StateCreate:
    """Return CANCELLED, the answer to CANCELLING."""
    return StateCreate(type=StateType.CANCELLED, message="Cancelled while a worker held the run.")


def _leaves_no_room(state: State) -> bool:
    """Return whether a job must not go on: the run has ended, or is, or will be, handed to somebody else."""
    return (
        state.type in TERMINAL_STATES
        or state.type in {StateType.SCHEDULED, StateType.PENDING}
        or (state.is_paused() and state.state_details.pause_reschedule)
    )


def _seconds_until_due(state: State) -> float:
    """Return the wait the server means, by its own clock alone."""
    due = state.state_details.scheduled_time or state.timestamp
    return max(0.0, (due - state.timestamp).total_seconds())


def _in_short(state: StateCreate) -> str:
    reason = (state.message or "").partition("\n")[0]
    return f"{state.type.lower()}: {reason}" if reason else state.type.lower()


def _reason(result: OrchestrationResult) -> str:
    reason = None
    if isinstance(result.details, StateAbortDetails | StateRejectDetails):
        reason = result.details.reason
    state = f"it is {result.state.name}" if result.state is not None else "it has no state"
    return f"{state}. {reason}" if reason else state
