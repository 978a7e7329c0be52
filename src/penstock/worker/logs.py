"""From the lines of running jobs to the logs of their runs."""

import asyncio
from collections import deque
from datetime import timedelta
from uuid import UUID

import structlog

from penstock.client import ApiError, PenstockClient, ServerUnavailable
from penstock.core.clock import utc_now
from penstock.schemas.actions import LogCreate
from penstock.worker.contact import ServerContact
from penstock.worker.levels import WARNING
from penstock.worker.waiting import first_of

BATCH_LINES = 1_000
BATCH_CHARACTERS = 500_000
RUN_LINES = 5_000
"""Lines of one run that may wait to be sent; then its job waits too, as its pipe fills up."""
RUN_CHARACTERS = 1_000_000
OUTAGE_PATIENCE_SECONDS = 60.0
"""How long a job is held up by a silent server before lines of it are left out."""

_LOOK_AGAIN_SECONDS = 1.0
_TICK = timedelta(microseconds=1)

log = structlog.get_logger()


class RunLog:
    """The log of one run. Lines keep their order; each gets a later timestamp than the one before."""

    def __init__(self, shipper: "LogShipper", flow_run_id: UUID) -> None:
        self.flow_run_id = flow_run_id
        self.waiting: deque[LogCreate] = deque()
        self.is_closed = False
        self._shipper = shipper
        self._unsent_lines = 0
        self._unsent_characters = 0
        self._left_out = 0
        self._last_timestamp = utc_now()
        self._moved = asyncio.Event()

    async def write(self, name: str, level: int, message: str) -> None:
        """Add a line, waiting for room first.

        While the server is silent for longer than ``OUTAGE_PATIENCE_SECONDS`` and there is no room, lines
        are left out; a note in their place says how many.
        """
        while self._is_full:
            if not self._shipper.is_worth_waiting_for:
                self._left_out += 1
                return
            self._moved.clear()
            await first_of(self._moved, timeout_seconds=_LOOK_AGAIN_SECONDS)
        if self._left_out:
            note = f"{self._left_out} lines are missing here: the server did not answer."
            self._left_out = 0
            self._append("worker", WARNING, note)
        self._append(name, level, message)

    async def flush(self) -> None:
        """Return when every line so far is stored, or refused, or not worth waiting for any more."""
        while self._unsent_lines and not self._shipper.give_up.is_set():
            self._moved.clear()
            self._shipper.hurry()
            await first_of(self._moved, self._shipper.give_up, timeout_seconds=_LOOK_AGAIN_SECONDS)

    def close(self) -> None:
        """Say that no more lines will come."""
        self.is_closed = True

    def acknowledge(self, line: LogCreate) -> None:
        """Make room: the line has been dealt with."""
        self._unsent_lines -= 1
        self._unsent_characters -= len(line.message)
        self._moved.set()

    @property
    def _is_full(self) -> bool:
        return self._unsent_lines >= RUN_LINES or self._unsent_characters >= RUN_CHARACTERS

    def _append(self, name: str, level: int, message: str) -> None:
        self._last_timestamp = max(utc_now(), self._last_timestamp + _TICK)
        self.waiting.append(
            LogCreate(
                name=name,
                level=level,
                message=message,
                timestamp=self._last_timestamp,
                flow_run_id=self.flow_run_id,
            )
        )
        self._unsent_lines += 1
        self._unsent_characters += len(message)
        self._shipper.announce(urgent=self._unsent_lines >= BATCH_LINES)


class LogShipper:
    """Sends the lines of all runs, some of each run in turn, in as few requests as possible."""

    def __init__(
        self,
        client: PenstockClient,
        contact: ServerContact,
        *,
        batch_seconds: float,
        give_up: asyncio.Event,
    ) -> None:
        self.give_up = give_up
        self._client = client
        self._contact = contact
        self._batch_seconds = batch_seconds
        self._logs: deque[RunLog] = deque()
        self._something = asyncio.Event()
        self._urgent = asyncio.Event()

    @property
    def is_worth_waiting_for(self) -> bool:
        """Whether a full buffer will probably empty soon."""
        return self._contact.silent_seconds <= OUTAGE_PATIENCE_SECONDS and not self.give_up.is_set()

    def open(self, flow_run_id: UUID) -> RunLog:
        """Return a log for a run."""
        run_log = RunLog(self, flow_run_id)
        self._logs.append(run_log)
        return run_log

    def announce(self, *, urgent: bool) -> None:
        """Say that there is a line to send; an urgent one does not wait for company."""
        self._something.set()
        if urgent:
            self._urgent.set()

    def hurry(self) -> None:
        """Send what there is now."""
        self.announce(urgent=True)

    async def run(self) -> None:
        """Send lines until cancelled."""
        while True:
            await self._something.wait()
            await first_of(self._urgent, timeout_seconds=self._batch_seconds)
            self._urgent.clear()
            self._something.clear()
            while batch := self._take_batch():
                await self._deliver(batch)

    def _take_batch(self) -> list[tuple[RunLog, LogCreate]]:
        self._logs = deque(each for each in self._logs if each.waiting or not each.is_closed)
        self._logs.rotate(-1)
        waiting = [each for each in self._logs if each.waiting]
        share = max(1, BATCH_LINES // max(1, len(waiting)))
        batch: list[tuple[RunLog, LogCreate]] = []
        characters = 0
        for run_log in waiting:
            for _ in range(min(share, len(run_log.waiting))):
                line = run_log.waiting.popleft()
                batch.append((run_log, line))
                characters += len(line.message)
                if characters >= BATCH_CHARACTERS:
                    return batch
        return batch

    async def _deliver(self, batch: list[tuple[RunLog, LogCreate]]) -> None:
        lines = [line for _, line in batch]
        try:
            await self._contact.until_answered(lambda: self._client.create_logs(lines), give_up=self.give_up)
        except ApiError as error:
            if len(batch) > 1 and not isinstance(error, ServerUnavailable) and error.status_code < 500:
                middle = len(batch) // 2
                await self._deliver(batch[:middle])
                await self._deliver(batch[middle:])
                return
            log.error("%d log lines could not be stored: %s", len(batch), error.message)
        for run_log, line in batch:
            run_log.acknowledge(line)
