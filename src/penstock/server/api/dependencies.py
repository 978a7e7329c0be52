"""What routes are handed: the database, the poll recorder, the caller's version."""

import re
from typing import Annotated

from fastapi import Depends, Request

from penstock.server.database import DBInterface
from penstock.server.services import PollRecorder

PREFECT_CLIENT = re.compile(r"prefect/(\d+)\.(\d+)\.(\d+)")
LAST_CLIENT_WITHOUT_RESULT_STORAGE = (3, 3, 7)


def _database(request: Request) -> DBInterface:
    db: DBInterface = request.app.state.db
    return db


def _poll_recorder(request: Request) -> PollRecorder:
    recorder: PollRecorder = request.app.state.poll_recorder
    return recorder


def _is_old_client(request: Request) -> bool:
    match = PREFECT_CLIENT.match(request.headers.get("user-agent", ""))
    return match is not None and tuple(map(int, match.groups())) <= LAST_CLIENT_WITHOUT_RESULT_STORAGE


Database = Annotated[DBInterface, Depends(_database)]
"""The application's database."""

Recorder = Annotated[PollRecorder, Depends(_poll_recorder)]
"""Where polls are noted."""

IsOldClient = Annotated[bool, Depends(_is_old_client)]
"""True for Prefect clients up to 3.3.7, which do not know result storage (workers.md 2.1)."""
