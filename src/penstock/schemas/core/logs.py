"""Log lines."""

from uuid import UUID

from penstock.schemas.foundations import RecordModel
from penstock.schemas.timestamps import Timestamp


class Log(RecordModel):
    """One line a run wrote. Levels are those of Python's logging."""

    name: str
    level: int
    message: str
    timestamp: Timestamp
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None
