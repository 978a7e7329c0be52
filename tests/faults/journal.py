"""What happened to the runs as seen from outside: who executed which, from when to when.

All workers of a campaign live in one process and share its clock, so two executions overlap here
exactly when they did.
"""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass
class Execution:
    """One execution of a run's job; ``end`` is None while it goes on."""

    run_id: str
    attempt: int
    worker: str
    start: float
    end: float | None = None
    is_done: bool = False

    def close(self, *, is_done: bool = False) -> None:
        """End it now; ``is_done`` when the job came to its own end."""
        if self.end is None:
            self.end, self.is_done = time.monotonic(), is_done


@dataclass
class Journal:
    """The executions of a campaign, and what the servers said about the ends of runs."""

    executions: list[Execution] = field(default_factory=list)
    completed: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def begin(self, run_id: str, attempt: int, worker: str) -> Execution:
        """Note that a job starts."""
        execution = Execution(run_id, attempt, worker, time.monotonic())
        self.executions.append(execution)
        return execution

    def complete(self, run_id: str) -> None:
        """Note that a server has accepted that the run is completed."""
        self.completed.setdefault(run_id, time.monotonic())

    def by_run(self) -> dict[str, list[Execution]]:
        """Return the executions of each run in the order in which they began."""
        found: dict[str, list[Execution]] = defaultdict(list)
        for execution in sorted(self.executions, key=lambda one: one.start):
            found[execution.run_id].append(execution)
        return found

    def doubled(self) -> list[str]:
        """Name executions that overlap, that go back in attempts, or that began after the run was done."""
        found = []
        for run_id, executions in self.by_run().items():
            for before, after in pairwise(executions):
                if before.end is None or after.start < before.end:
                    found.append(f"{run_id}: {before} overlaps {after}")
                if after.attempt <= before.attempt:
                    found.append(f"{run_id}: {after} is no later attempt than {before}")
            done_at = self.completed.get(run_id)
            found += [
                f"{run_id}: {one} began after it was completed at {done_at}"
                for one in executions
                if done_at is not None and one.start > done_at
            ]
        return found
