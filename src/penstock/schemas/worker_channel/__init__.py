"""The frames of the worker channel, the socket between a worker and its pool (workers.md 7).

``requests`` is what workers send, ``replies`` what the server sends; unknown keys are errors.
"""

from penstock.schemas.worker_channel.capabilities import (
    CLEANUP_DELIVERY,
    POOL_SNAPSHOTS,
    REQUIRED_CAPABILITIES,
    VERSION,
    WORKER_HEARTBEATS,
)
from penstock.schemas.worker_channel.replies import (
    CleanupMessagePayload,
    CleanupResultPayload,
    ReadyPayload,
    ResolvedWorkQueue,
    SnapshotPayload,
    SnapshotReason,
)
from penstock.schemas.worker_channel.requests import (
    CleanupOperationPayload,
    CleanupReleasePayload,
    Frame,
    HeartbeatPayload,
    HelloPayload,
)

__all__ = [
    "CLEANUP_DELIVERY",
    "POOL_SNAPSHOTS",
    "REQUIRED_CAPABILITIES",
    "VERSION",
    "WORKER_HEARTBEATS",
    "CleanupMessagePayload",
    "CleanupOperationPayload",
    "CleanupReleasePayload",
    "CleanupResultPayload",
    "Frame",
    "HeartbeatPayload",
    "HelloPayload",
    "ReadyPayload",
    "ResolvedWorkQueue",
    "SnapshotPayload",
    "SnapshotReason",
]
