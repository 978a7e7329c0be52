"""Work pools under maintenance, and workers that drain."""

from pydantic import Field

from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp


class HeldRuns(WireModel):
    """How many runs of a pool are in a worker's hands; no name stands for those who gave none."""

    worker_name: str | None = None
    count: int


class MaintenanceStatus(WireModel):
    """Whether a pool is paused, why, and which of its runs are still in somebody's hands."""

    is_paused: bool
    reason: str | None = None
    since: Timestamp | None = None
    held_runs: int = 0
    held_by: list[HeldRuns] = Field(default_factory=list)


class DrainStatus(WireModel):
    """Whether a worker is given no more runs, since when, and how many it still holds."""

    name: str
    draining_since: Timestamp | None = None
    held_runs: int = 0
