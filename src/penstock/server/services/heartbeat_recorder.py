"""Writes down the heartbeats of workers together, after the answers have gone out (workers.md 3.22)."""

from dataclasses import dataclass
from uuid import UUID

from penstock.server.database import FEW_ROWS, DBInterface
from penstock.server.models import workers
from penstock.server.services.recorder import Recorder

MOST_KNOWN = 100_000
"""Workers that are remembered; when there are more, each is looked up anew."""


@dataclass(frozen=True, slots=True)
class _Known:
    worker_id: UUID
    heartbeat_interval_seconds: int | None


class HeartbeatRecorder(Recorder):
    """Notes heartbeats of workers that have been written before and say nothing new.

    A heartbeat that is noted says no more than "still here". It is recorded within ``record_seconds``;
    a worker whose row is gone by then is forgotten, so that its next heartbeat registers it again.
    """

    what = "heartbeats"

    def __init__(self, db: DBInterface, *, record_seconds: float) -> None:
        super().__init__(record_seconds=record_seconds)
        self._db = db
        self._known: dict[tuple[str, str], _Known] = {}
        self._heard: dict[UUID, tuple[str, str]] = {}

    @property
    def has_notes(self) -> bool:
        """See ``Recorder``."""
        return bool(self._heard)

    def note(self, work_pool_name: str, worker_name: str, heartbeat_interval_seconds: int | None) -> bool:
        """Note a heartbeat.

        Returns:
            False when it has to be written at once: the worker is not known, or its interval is new.
        """
        key = work_pool_name, worker_name
        known = self._known.get(key)
        if known is None or heartbeat_interval_seconds not in {None, known.heartbeat_interval_seconds}:
            return False
        self._heard[known.worker_id] = key
        self.noted()
        return True

    def learn(
        self, work_pool_name: str, worker_name: str, worker_id: UUID, heartbeat_interval_seconds: int | None
    ) -> None:
        """Remember a worker whose heartbeat has been written."""
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[work_pool_name, worker_name] = _Known(worker_id, heartbeat_interval_seconds)

    def forget(self, work_pool_name: str, worker_name: str) -> None:
        """Forget a worker that is deleted, with what was noted of it."""
        known = self._known.pop((work_pool_name, worker_name), None)
        if known is not None:
            self._heard.pop(known.worker_id, None)

    async def record(self) -> None:
        """Record who was heard of, and make their pools ready; whoever is not there any more is forgotten."""
        heard, self._heard = self._heard, {}
        is_brief = len(heard) <= FEW_ROWS
        try:
            async with self._db.session_context(begin_transaction=True, brief=is_brief) as session:
                there = await workers.record_known_heartbeats(
                    session=session,
                    worker_ids=sorted(heard),
                    emit_status_change=workers.emit_work_pool_status_event,
                )
        except BaseException:
            self._heard = heard | self._heard
            raise
        for worker_id, key in heard.items():
            if worker_id not in there:
                self._known.pop(key, None)
