"""What the server sends."""

from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from penstock.schemas.foundations import LateModel
from penstock.schemas.responses import WorkPoolResponse
from penstock.schemas.timestamps import Timestamp


class SnapshotReason(StrEnum):
    """Why a snapshot is sent."""

    INITIAL = "initial"
    WORK_POOL_UPDATED = "work_pool_updated"
    HEARTBEAT_RECONCILIATION = "heartbeat_reconciliation"


class SnapshotPayload(LateModel):
    """The pool as it is now; a higher number is newer."""

    snapshot_sequence: int
    reason: SnapshotReason
    work_pool: WorkPoolResponse


class ResolvedWorkQueue(LateModel):
    """A queue the worker works for."""

    id: UUID
    name: str


class ReadyPayload(LateModel):
    """What was agreed on, and the pool to begin with."""

    consumer_id: UUID
    worker_id: UUID | None = None
    selected_channel_version: str
    effective_heartbeat_interval_seconds: int
    accepted_capabilities: list[str]
    rejected_capabilities: list[str] = Field(default_factory=list)
    effective_max_cleanup_concurrency: int = 0
    resolved_work_queues: list[ResolvedWorkQueue] = Field(default_factory=list)
    initial_snapshot: SnapshotPayload


class CleanupMessagePayload(LateModel):
    """One unit of cleanup, and the token under which the worker has it until the lease ends."""

    message_id: UUID
    kind: str
    reservation_token: str
    lease_expires_at: Timestamp
    delivery_count: int
    work_queue_id: UUID | None = None
    target: dict[str, Any] = Field(default_factory=dict)
    data: dict[str, Any] = Field(default_factory=dict)


class CleanupResultPayload(LateModel):
    """What became of an operation; a reason is given unless it was accepted."""

    request_frame_id: UUID
    message_id: UUID
    operation: Literal["ack", "release", "renew"]
    status: str
    lease_expires_at: Timestamp | None = None
    reason: str | None = None
    detail: str | None = None
