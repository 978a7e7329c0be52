"""What this server process has counted since it started."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Requests for runs, runs given away, and attempts ended because nobody was heard of."""

    claims: int = 0
    claimed_runs: int = 0
    expired_attempts: int = 0
