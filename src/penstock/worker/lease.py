"""How long a run is this worker's, as far as it can tell by itself."""

import asyncio


class Lease:
    """Counts from the moment in which the request that began it was *sent*, never from its answer.

    All times are the event loop's: intervals pass alike whatever the wall clock of this machine shows.
    ``renewed_at`` is when it was last asked for and given. One that was never given is over.
    """

    def __init__(self, asked_at: float = 0.0, seconds: float = 0.0) -> None:
        self.renewed_at = asked_at
        self.seconds = seconds
        self._borne_at = asked_at

    @property
    def left(self) -> float:
        """The seconds until it is over, 0 or less when it is."""
        return max(self.renewed_at, self._borne_at) + self.seconds - asyncio.get_running_loop().time()

    def renew(self, sent_at: float, seconds: float) -> None:
        """Take note that a request sent then was answered by a new lease."""
        self.renewed_at = self._borne_at = sent_at
        self.seconds = seconds

    def bear(self, sent_at: float) -> None:
        """Take note of an answer that renews nothing: a server that cannot renew gives nothing away."""
        self._borne_at = sent_at
