"""Attempts: a run given to somebody, held under a lease until it ends or he is not heard of."""

from dataclasses import dataclass
from enum import StrEnum


class LeaseKind(StrEnum):
    """How the holder of a run is judged."""

    CLAIMED = "CLAIMED"
    """He claimed the run and renews its lease."""

    OBSERVED = "OBSERVED"
    """He knows nothing of leases: signs of life of the run and of its worker stand for renewals."""


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """How long an attempt may go on unheard of. All in seconds.

    ``claim_seconds`` is what a claiming worker is told; ``grace_seconds`` after that the run is
    given away, and until then the worker has stopped its job. ``start_seconds`` is how long a run
    may be PENDING, and ``silence_seconds`` how long it may run without a sign of life, with a
    holder who does not renew. Once his worker is offline or deleted that is ``orphan_seconds``, and
    ``confirm_seconds`` when a worker that ends its processes with itself says that it stops.
    """

    claim_seconds: float = 90.0
    grace_seconds: float = 30.0
    start_seconds: float = 600.0
    silence_seconds: float = 600.0
    orphan_seconds: float = 240.0
    confirm_seconds: float = 45.0


DEFAULT_LEASE_TIMES = LeaseTimes()
