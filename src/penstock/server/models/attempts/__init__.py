"""Attempts: who holds a run, for how long, and what the holders say about it.

- ``keeping``: what a change of state means for the attempt.
- ``renewals``: a worker says that it is still at its runs.
- ``expired``: whose attempt is over.
"""

from penstock.server.models.attempts.expired import (
    ExpiredAttempt,
    find_expired_attempts,
    lock_expired_attempt,
)
from penstock.server.models.attempts.keeping import (
    Holder,
    is_held,
    keep_attempt_under_new_policy,
    require_current_attempt,
)
from penstock.server.models.attempts.renewals import HeldAttempt, read_unlisted_attempts, renew_attempts

__all__ = [
    "ExpiredAttempt",
    "HeldAttempt",
    "Holder",
    "find_expired_attempts",
    "is_held",
    "keep_attempt_under_new_policy",
    "lock_expired_attempt",
    "read_unlisted_attempts",
    "renew_attempts",
    "require_current_attempt",
]
