"""How much of a limit is in use: the arithmetic of slots, decay and waiting (orchestration.md 4.8).

Counts sink continuously and are rounded up when they are shown, which is the same as taking off
whole slots: ``n - floor(decay * seconds) == ceil(n - decay * seconds)``. Nothing is lost when a
count is touched between two slots.
"""

import math
import random
from dataclasses import dataclass, replace
from datetime import datetime

from penstock.server.database.orm_models import ConcurrencyLimit

TAG_PREFIX = "tag:"
SHORTEST_OCCUPANCY_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 30.0
LONGEST_WAIT_OF_TAG_SECONDS = 10.0
JITTER = 0.5
"""How far a wait may lie from its mean, as a part of it, so that those who wait do not come back together."""
_NOISE_DIGITS = 6


def sunk(count: float, per_second: float, seconds: float) -> float:
    """Return what is left of a count after so many seconds of decay; never negative."""
    return max(0.0, count - per_second * max(0.0, seconds))


def whole(count: float) -> int:
    """Return a count in whole slots: one that has begun to come back is still taken."""
    return math.ceil(round(count, _NOISE_DIGITS))


@dataclass(frozen=True, slots=True)
class Usage:
    """A limit at the moment it was read."""

    limit: int
    taken: float
    """Taken without a lease."""
    leased: int
    denied: float
    decay_per_second: float
    occupancy_seconds: float
    longest_wait_seconds: float
    read_at: datetime

    @property
    def active_slots(self) -> int:
        """All slots in use."""
        return whole(self.taken) + self.leased

    @property
    def denied_slots(self) -> int:
        """How many slots were asked for in vain lately."""
        return whole(self.denied)

    @property
    def free(self) -> int:
        """How many slots can be taken now."""
        return max(0, self.limit - self.active_slots)

    def wait_seconds(self, slots: int) -> float:
        """Return how long to wait before asking for the slots again, at random around the mean."""
        waiting = slots + self.denied_slots
        if self.decay_per_second > 0:
            mean = waiting / self.decay_per_second
        else:
            mean = min(self.occupancy_seconds * waiting / max(1, self.limit), self.longest_wait_seconds)
        return mean * random.uniform(1 - JITTER, 1 + JITTER)

    def with_occupancy(self, slots: int, seconds: float) -> "Usage":
        """Return the same with the average moved by slots that were held for ``seconds`` altogether."""
        of_one = max(SHORTEST_OCCUPANCY_SECONDS, seconds / slots)
        step = (of_one - self.occupancy_seconds) / (2 * max(1, self.limit))
        return replace(self, occupancy_seconds=self.occupancy_seconds + step)


def usage_of(row: ConcurrencyLimit) -> Usage:
    """Return how much of a limit was in use when its row was read."""
    seconds = (row.read_at - row.counted_at).total_seconds()
    longest_wait = LONGEST_WAIT_OF_TAG_SECONDS if row.name.startswith(TAG_PREFIX) else LONGEST_WAIT_SECONDS
    occupancy = min(max(SHORTEST_OCCUPANCY_SECONDS, row.avg_slot_occupancy_seconds), longest_wait)
    return Usage(
        limit=row.limit,
        taken=sunk(row.active_slots, row.slot_decay_per_second, seconds),
        leased=row.leased_slots,
        denied=sunk(row.denied_slots, row.slot_decay_per_second or 1 / occupancy, seconds),
        decay_per_second=row.slot_decay_per_second,
        occupancy_seconds=row.avg_slot_occupancy_seconds,
        longest_wait_seconds=longest_wait,
        read_at=max(row.read_at, row.counted_at),
    )
