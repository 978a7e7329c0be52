"""What is aimed at, for each figure that has a target."""

from dataclasses import dataclass
from enum import Enum


class Aim(Enum):
    """What a target is compared with, and how it is written."""

    BETTER = "at least so many times better than the reference"
    GROWTH = "at most so many times the reference"
    VALUE = "at most this value"


@dataclass(frozen=True)
class Target:
    sqlite: float | None
    postgresql: float | None
    aim: Aim = Aim.BETTER

    def on(self, kind: str) -> float | None:
        """Return the number aimed at on one kind of database."""
        return self.sqlite if kind == "sqlite" else self.postgresql


TARGETS = {
    "poll-10": Target(50, 20),
    "poll-10-by-16": Target(60, 30),
    "poll-200-by-16": Target(100, 30),
    "poll-idle": Target(500, 5),
    "cycles-by-1": Target(10, 8),
    "cycles-by-16": Target(200, 80),
    "claims-by-16": Target(50, 50),
    "limits-cost": Target(0.75, 0.75),
    "crowd-failures": Target(0, 0, Aim.VALUE),
    "doubled": Target(0, 0, Aim.VALUE),
    "heartbeat-rate": Target(10, 10),
    "heartbeat-cpu": Target(10, 10),
    "create-cpu": Target(10, 10),
    "bulk-create": Target(20, 20),
    "pools-cpu": Target(10, 8),
    "concurrency-status-cpu": Target(10, 8),
    "growth-backlog": Target(1.3, 1.3, Aim.GROWTH),
    "growth-queues": Target(3, 3, Aim.GROWTH),
    "statements-poll": Target(3, 3, Aim.VALUE),
    "statements-pending": Target(4, 4, Aim.VALUE),
    "statements-running": Target(4, 4, Aim.VALUE),
    "statements-completed": Target(4, 4, Aim.VALUE),
    "floor-bare-claim": Target(None, 0.2),
    "floor-procrastinate": Target(None, 1),
    "floor-pgqueuer": Target(None, 0.5),
    "first-line": Target(20, 20),
    "wake-up": Target(20, 20, Aim.VALUE),
    "idle-memory": Target(2, 2),
    "start": Target(3, 3),
}
