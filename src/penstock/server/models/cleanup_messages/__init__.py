"""What workers are asked to tear down: a queue in the database, handed out under leases (workers.md 6.4).

Each message is given to one worker at a time, and at least once. ``queue`` takes messages in and
hands them out, ``settlement`` is what workers say about them, ``leases`` how long they have them.
"""

from penstock.server.models.cleanup_messages.leases import (
    ATTEMPTS_USED_UP,
    LEASE_SECONDS,
    MAX_DELIVERY_ATTEMPTS,
    cleanup_topic,
    expire_cleanup_leases,
    has_overdue_cleanup,
)
from penstock.server.models.cleanup_messages.queue import (
    enqueue_cleanup_message,
    has_waiting_cleanup,
    reserve_cleanup_message,
)
from penstock.server.models.cleanup_messages.results import CleanupResult, CleanupStatus
from penstock.server.models.cleanup_messages.settlement import (
    acknowledge_cleanup_message,
    release_cleanup_message,
    renew_cleanup_message,
)

__all__ = [
    "ATTEMPTS_USED_UP",
    "LEASE_SECONDS",
    "MAX_DELIVERY_ATTEMPTS",
    "CleanupResult",
    "CleanupStatus",
    "acknowledge_cleanup_message",
    "cleanup_topic",
    "enqueue_cleanup_message",
    "expire_cleanup_leases",
    "has_overdue_cleanup",
    "has_waiting_cleanup",
    "release_cleanup_message",
    "renew_cleanup_message",
    "reserve_cleanup_message",
]
