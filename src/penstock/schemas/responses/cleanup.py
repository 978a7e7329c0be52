"""Infrastructure to be torn down, and what could not be."""

from typing import Any
from uuid import UUID

from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp


class ClaimedCleanup(WireModel):
    """A piece of cleanup, a worker's until ``lease_expires_at``; ``token`` proves that it is.

    ``target`` names the run (``flow_run_id``) and its infrastructure (``infrastructure_pid``).
    """

    message_id: UUID
    kind: str
    token: str
    lease_expires_at: Timestamp
    attempt: int
    target: dict[str, Any]


class DeadLetterResponse(WireModel):
    """Infrastructure that may still be there though its run has ended: it was given up, and why."""

    id: UUID
    kind: str
    flow_run_id: UUID | None = None
    infrastructure_pid: str | None = None
    work_pool_name: str
    reason: str
    attempts: int
    asked_at: Timestamp
    dead_since: Timestamp
