"""What routes are handed: the database, the poll recorder, the caller's version."""

import re
from typing import Annotated

from fastapi import Depends, Request

from penstock.server.database import DBInterface
from penstock.server.services import PollRecorder, Scheduler

PREFECT_CLIENT = re.compile(r"prefect/(\d+)\.(\d+)\.(\d+)")
LAST_CLIENT_WITHOUT_RESULT_STORAGE = (3, 3, 7)
FIRST_CLIENT_WITH_LEASES = (3, 4, 11)


async def _database(request: Request) -> DBInterface:
    db: DBInterface = request.app.state.db
    return db


async def _poll_recorder(request: Request) -> PollRecorder:
    recorder: PollRecorder = request.app.state.poll_recorder
    return recorder


async def _scheduler(request: Request) -> Scheduler:
    scheduler: Scheduler = request.app.state.scheduler
    return scheduler


def _client_version(request: Request) -> tuple[int, ...] | None:
    """Return the version of a Prefect client; None for any other caller."""
    match = PREFECT_CLIENT.match(request.headers.get("user-agent", ""))
    return None if match is None else tuple(map(int, match.groups()))


async def _is_old_client(request: Request) -> bool:
    version = _client_version(request)
    return version is not None and version <= LAST_CLIENT_WITHOUT_RESULT_STORAGE


async def _renews_leases(request: Request) -> bool:
    version = _client_version(request)
    return version is not None and version >= FIRST_CLIENT_WITH_LEASES


Database = Annotated[DBInterface, Depends(_database)]
"""The application's database."""

Recorder = Annotated[PollRecorder, Depends(_poll_recorder)]
"""Where polls are noted."""

ScheduleMaker = Annotated[Scheduler, Depends(_scheduler)]
"""What makes the runs of schedules ahead."""

IsOldClient = Annotated[bool, Depends(_is_old_client)]
"""True for Prefect clients up to 3.3.7, which do not know result storage (workers.md 2.1)."""

RenewsLeases = Annotated[bool, Depends(_renews_leases)]
"""True for Prefect clients from 3.4.11 on, which renew the lease of a run's deployment slot."""
