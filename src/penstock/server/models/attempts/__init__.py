"""Attempts: who holds a run, for how long, and what the holders say about it.

- ``keeping``: what a change of state means for the attempt.
- ``renewals``: a worker says that it is still at its runs.
- ``signs_of_life``: what stands for renewals with workers that renew nothing.
- ``lost_workers``: what such a worker leaves behind when it is gone.
- ``expired``: whose attempt is over.
"""

from penstock.server.models.attempts.expired import (
    ExpiredAttempt,
    find_expired_attempts,
    lock_expired_attempt,
    read_database_time,
)
from penstock.server.models.attempts.keeping import (
    Holder,
    is_held,
    keep_attempt_under_new_policy,
    require_current_attempt,
)
from penstock.server.models.attempts.lost_workers import (
    find_orphans,
    shorten_leases_of_orphans,
    shorten_leases_of_worker,
)
from penstock.server.models.attempts.renewals import HeldAttempt, read_unlisted_attempts, renew_attempts
from penstock.server.models.attempts.signs_of_life import record_signs_of_life

__all__ = [
    "ExpiredAttempt",
    "HeldAttempt",
    "Holder",
    "find_expired_attempts",
    "find_orphans",
    "is_held",
    "keep_attempt_under_new_policy",
    "lock_expired_attempt",
    "read_database_time",
    "read_unlisted_attempts",
    "record_signs_of_life",
    "renew_attempts",
    "require_current_attempt",
    "shorten_leases_of_orphans",
    "shorten_leases_of_worker",
]
