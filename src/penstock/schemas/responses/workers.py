"""Workers as answered."""

from uuid import UUID

from penstock.schemas.foundations import RecordModel
from penstock.schemas.statuses import WorkerStatus
from penstock.schemas.timestamps import Timestamp


class WorkerResponse(RecordModel):
    """A worker, with the status the database gives it."""

    name: str
    work_pool_id: UUID
    last_heartbeat_time: Timestamp | None = None
    heartbeat_interval_seconds: int | None = None
    status: WorkerStatus = WorkerStatus.OFFLINE
    draining_since: Timestamp | None = None
    held_runs: int = 0
