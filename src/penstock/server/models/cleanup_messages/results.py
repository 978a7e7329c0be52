"""What became of a request about a cleanup message."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CleanupStatus(StrEnum):
    """What became of an acknowledgement, a release or a renewal."""

    ACCEPTED = "accepted"
    NOT_FOUND = "not_found"
    UNAUTHORIZED = "unauthorized"
    NOT_CURRENT = "not_current"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a status, not a token
    EXPIRED = "expired"
    DEAD_LETTERED = "dead_lettered"


@dataclass(frozen=True, slots=True)
class CleanupResult:
    """The status, and the end of the lease after an accepted renewal."""

    status: CleanupStatus
    lease_expires_at: datetime | None = None
