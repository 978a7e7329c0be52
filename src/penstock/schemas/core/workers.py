"""Workers."""

from uuid import UUID

from penstock.schemas.foundations import RecordModel
from penstock.schemas.statuses import WorkerStatus
from penstock.schemas.timestamps import Timestamp


class Worker(RecordModel):
    """A process that sends heartbeats to a pool; its identity is (pool, name)."""

    name: str
    work_pool_id: UUID
    last_heartbeat_time: Timestamp | None = None
    heartbeat_interval_seconds: int | None = None
    status: WorkerStatus = WorkerStatus.OFFLINE
