"""What the demo submits: forty runs of the example jobs, on three queues."""

from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

POOL = "demo"
POOL_LIMIT = 4
BULK_LIMIT = 2
QUEUES = ("critical", "default", "bulk")
FAILING_DEPLOYMENT = "validate"

_STATIONS = ("Oakford", "Millbrook", "Stonebridge", "Lakehead")
_JOBS = {
    "critical": ("statistics", "outliers", "top-flows", "validate"),
    "default": ("outliers", "statistics", "rating-curve", "top-flows"),
    "bulk": ("rating-curve", "statistics", "outliers", "top-flows", "statistics", "validate"),
}
_RUNS = {"bulk": 14, "default": 14, "critical": 12}
_TAKES_STATION = {"statistics", "outliers", "rating-curve"}


@dataclass(frozen=True)
class PlannedRun:
    """One run to submit."""

    name: str
    deployment: str
    queue: str
    parameters: dict[str, Any] = field(default_factory=dict)


def planned_runs() -> list[PlannedRun]:
    """Return the runs in the order they are submitted: the least urgent first, so that order must come from
    the priorities."""
    runs = []
    for queue, count in _RUNS.items():
        stations = cycle(_STATIONS)
        for number, job in enumerate(islice(cycle(_JOBS[queue]), count), start=1):
            parameters = {"station": next(stations)} if job in _TAKES_STATION else {}
            runs.append(PlannedRun(f"{queue}-{number:02}-{job}", job, queue, parameters))
    return runs
