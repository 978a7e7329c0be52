"""Live logs: every committed line, to those whose filter it fits (orchestration.md 4.1)."""

from collections.abc import Hashable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Row

from penstock.schemas.core import Log
from penstock.schemas.filters import LogFilter, Operator
from penstock.server.database import DBInterface
from penstock.server.database.announcements import LOGS
from penstock.server.events.log_matching import LogMatcher
from penstock.server.services.relay import EVERYTHING, Relay, Subscription


@dataclass(frozen=True)
class LiveLog:
    """A log line and its JSON, which all subscribers share."""

    log: Log

    @cached_property
    def json(self) -> str:
        """The line as it is sent."""
        return self.log.model_dump_json()


class LogRelay(Relay[LiveLog]):
    """Subscribers stand under the flow runs they ask for, else under everything."""

    def __init__(self, db: DBInterface, *, poll_seconds: float) -> None:
        super().__init__(db, db.Log, LOGS, poll_seconds=poll_seconds)

    def subscribe(self, log_filter: LogFilter) -> AbstractAsyncContextManager[Subscription[LiveLog]]:
        """Subscribe to the lines that fit a filter, until the block is left."""
        matcher = LogMatcher(log_filter)
        return self.subscribed(_keys(log_filter), lambda message: matcher.matches(message.log))

    def message(self, row: Row[Any]) -> LiveLog:
        """See ``Relay``."""
        return LiveLog(Log.model_validate(row))

    def keys(self, row: Row[Any]) -> Iterable[Hashable]:
        """See ``Relay``."""
        if row.flow_run_id is not None:
            yield ("flow run", row.flow_run_id)


def _keys(asked: LogFilter) -> Iterable[Hashable]:
    runs = asked.flow_run_id.any_ if asked.flow_run_id is not None else None
    if runs is None or asked.operator is Operator.or_:
        return [EVERYTHING]
    return [("flow run", run) for run in runs]
