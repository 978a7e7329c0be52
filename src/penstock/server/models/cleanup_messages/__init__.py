"""What workers are asked to tear down: a queue in the database, handed out under leases (workers.md 6.4).

Each message is given to one worker at a time, and at least once. ``queue`` takes messages in and
hands them out, ``settlement`` is what workers say about them, ``leases`` how long they have them,
``dead_letters`` what was given up.
"""

from penstock.server.models.cleanup_messages.dead_letters import (
    DeadLetter,
    count_dead_letters,
    forget_dead_letter,
    read_dead_letters,
    retry_dead_letter,
)
from penstock.server.models.cleanup_messages.leases import (
    ATTEMPTS_USED_UP,
    LEASE_SECONDS,
    MAX_DELIVERY_ATTEMPTS,
    NOBODY_TOOK_IT,
    cleanup_topic,
    expire_cleanup_leases,
    give_up_untaken_cleanup,
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
    "NOBODY_TOOK_IT",
    "CleanupResult",
    "CleanupStatus",
    "DeadLetter",
    "acknowledge_cleanup_message",
    "cleanup_topic",
    "count_dead_letters",
    "enqueue_cleanup_message",
    "expire_cleanup_leases",
    "forget_dead_letter",
    "give_up_untaken_cleanup",
    "has_overdue_cleanup",
    "has_waiting_cleanup",
    "read_dead_letters",
    "release_cleanup_message",
    "renew_cleanup_message",
    "reserve_cleanup_message",
    "retry_dead_letter",
]
