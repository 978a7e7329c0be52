"""Calls about the logs of runs."""

from collections.abc import Sequence

from penstock.client.calls import Calls, page
from penstock.schemas.actions import LogCreate
from penstock.schemas.core import Log
from penstock.schemas.filters import LogFilter
from penstock.schemas.lists import list_of

_LOGS = list_of(Log)
_NEW_LOGS = list_of(LogCreate)


class LogCalls(Calls):
    """Write and read log lines."""

    async def create_logs(self, logs: Sequence[LogCreate]) -> None:
        """Store log lines, all or none. Lines sent twice are stored twice."""
        await self._http.send("POST", "/logs/", _NEW_LOGS.dump_json(list(logs)), repeatable=False)

    async def read_logs(
        self,
        log_filter: LogFilter | None = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Log]:
        """Return log lines that fit the filter, oldest first unless sorted otherwise."""
        body = page(limit, offset, sort=sort, logs=log_filter)
        return await self._http.fetch(_LOGS, "POST", "/logs/filter", body, repeatable=True)
