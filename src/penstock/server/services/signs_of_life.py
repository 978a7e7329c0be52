"""Hears that runs live whose workers renew nothing (design, section 3).

What a flow's process sends says which run it is by two kinds of signs. *Lasting* ones come as long
as it lives: heartbeat events, and the socket on which they came, which is open as long as the
process is there. Others come when there is reason for them: events of task runs, log lines.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from penstock.core.attempts import LeaseTimes
from penstock.schemas.core import Event
from penstock.schemas.core.events import RESOURCE_ID, RESOURCE_ROLE
from penstock.server.database import FEW_ROWS, DBInterface
from penstock.server.models import attempts
from penstock.server.services.base import Service

logger = logging.getLogger(__name__)

HEARTBEAT = "prefect.flow-run.heartbeat"
TASK_RUN_PREFIX = "prefect.task-run."
FLOW_RUN_PREFIX = "prefect.flow-run."
MOST_RUNS = 100_000
MOST_RUNS_OF_A_SOCKET = 100
BATCH = 1000


class LifeLine:
    """An open socket, and the runs whose heartbeats came on it: those heard last, if there are many."""

    def __init__(self) -> None:
        self._runs: dict[UUID, None] = {}

    @property
    def runs(self) -> Iterable[UUID]:
        """The runs whose process is at the other end."""
        return self._runs

    def add(self, flow_run_id: UUID) -> None:
        """Note that a heartbeat of the run has come."""
        self._runs.pop(flow_run_id, None)
        self._runs[flow_run_id] = None
        if len(self._runs) > MOST_RUNS_OF_A_SOCKET:
            del self._runs[next(iter(self._runs))]


class SignsOfLife(Service):
    """Collects signs of life in this process and records them together.

    A run heard of many times is one entry. Beyond ``MOST_RUNS`` of them new ones are dropped until
    the next pass.
    """

    def __init__(self, db: DBInterface, *, interval_seconds: float, lease_times: LeaseTimes) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._lease_times = lease_times
        self._lasting: set[UUID] = set()
        self._passing: set[UUID] = set()
        self._lines: set[LifeLine] = set()

    def note(self, flow_run_id: UUID) -> None:
        """Note that something was heard of a run, which may have no reason to be heard of again."""
        _add(self._passing, flow_run_id)

    @contextmanager
    def line(self) -> Iterator[LifeLine]:
        """Keep a socket's runs alive as long as it is open."""
        line = LifeLine()
        self._lines.add(line)
        try:
            yield line
        finally:
            self._lines.discard(line)

    def note_event(self, event: Event, line: LifeLine | None = None) -> None:
        """Note what an event, which came by ``line``, says about who lives."""
        if event.event == HEARTBEAT:
            flow_run_id = _flow_run_of(event.resource_id)
            if flow_run_id is not None:
                _add(self._lasting, flow_run_id)
                if line is not None:
                    line.add(flow_run_id)
        elif event.event.startswith(TASK_RUN_PREFIX):
            for related in event.related:
                if related[RESOURCE_ROLE] == "flow-run":
                    flow_run_id = _flow_run_of(related[RESOURCE_ID])
                    if flow_run_id is not None:
                        self.note(flow_run_id)

    async def run_once(self) -> None:
        """Record what was noted so far; what could not be recorded stays noted."""
        lasting, self._lasting = self._lasting, set()
        passing, self._passing = self._passing, set()
        try:
            for line in self._lines:
                lasting.update(line.runs)
            await self._record(passing - lasting, are_lasting=False)
            await self._record(lasting, are_lasting=True)
        except BaseException:
            self._lasting |= lasting
            self._passing |= passing
            raise

    async def stop(self) -> None:
        """End the loop and record what is left."""
        await super().stop()
        try:
            await self.run_once()
        except Exception:
            logger.exception("The last signs of life could not be recorded")

    async def _record(self, flow_run_ids: set[UUID], *, are_lasting: bool) -> None:
        ordered = sorted(flow_run_ids)
        is_brief = len(ordered) <= FEW_ROWS
        for start in range(0, len(ordered), BATCH):
            batch = ordered[start : start + BATCH]
            async with self._db.session_context(begin_transaction=True, brief=is_brief) as session:
                await attempts.record_signs_of_life(
                    session=session, flow_run_ids=batch, times=self._lease_times, are_lasting=are_lasting
                )


def _add(noted: set[UUID], flow_run_id: UUID) -> None:
    if len(noted) < MOST_RUNS:
        noted.add(flow_run_id)


def _flow_run_of(resource_id: str) -> UUID | None:
    kind, _, identity = resource_id.partition(FLOW_RUN_PREFIX)
    if kind:
        return None
    try:
        return UUID(identity)
    except ValueError:
        return None
