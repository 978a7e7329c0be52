"""How many runs this machine takes at once."""

import asyncio

DEFAULT_LIMIT = 100
"""For a worker without ``--limit``: a long line of due runs must not start ten thousand processes."""


class LocalSlots:
    """Counts the runs this worker holds. ``freed`` is set when one ends, and cleared by who looks."""

    def __init__(self, limit: int | None) -> None:
        self.limit = DEFAULT_LIMIT if limit is None else limit
        self.taken = 0
        self.freed = asyncio.Event()

    @property
    def free(self) -> int:
        """How many more runs may be claimed now."""
        return max(0, self.limit - self.taken)

    def take(self) -> None:
        """Count one more run."""
        self.taken += 1

    def release(self) -> None:
        """Count one run less."""
        self.taken -= 1
        self.freed.set()
