"""How long leases are not judged after nobody could renew them (ADR 0008)."""

from penstock.core.attempts import LeaseTimes


class Patience:
    """Keeps from judging until every worker has had time to renew again.

    A holder renews three times a lease, and what is given away has run out for the grace too. So a
    third of a lease and half the grace without a look harm nobody. After a longer absence the next
    renewal of everybody is waited for, and what it took beyond that; a whole lease at the most.
    """

    def __init__(self, times: LeaseTimes) -> None:
        self._lease = times.claim_seconds
        self._renewal = times.claim_seconds / 3
        self._harmless = self._renewal + times.grace_seconds / 2
        self._looked_at: float | None = None
        self._until = 0.0

    def look(self, now: float) -> float:
        """Note that leases could be looked at.

        Args:
            now: seconds of a clock that never jumps.

        Returns:
            By how many seconds more judging is put off; 0 when it is not.
        """
        away = self._lease + self._harmless if self._looked_at is None else now - self._looked_at
        self._looked_at = now
        return self._put_off(now, self._renewal + away - self._harmless) if away > self._harmless else 0.0

    def start_over(self, now: float) -> float:
        """Wait a whole lease from now on, and return it."""
        return self._put_off(now, self._lease)

    def ends(self, now: float) -> bool:
        """Return whether leases may be judged again."""
        return now >= self._until

    def _put_off(self, now: float, seconds: float) -> float:
        before = max(now, self._until)
        self._until = min(now + self._lease, before + seconds)
        return self._until - before
