"""Jobs of real workers that are seen from outside: each writes a line every twentieth of a second.

So what a job did is known even when it was killed. Lines bear the wall clock of the machine, which is
right whatever the worker believes: the jobs take no wrong clock over.
"""

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from tests.faults.journal import Execution, Journal

WORKER = "FAULTS_WORKER"
"""The variable in a worker's environment by which its jobs say whose they are."""

_SOURCE = f"""
import json, os, sys, time
start, run_id = time.time(), os.environ["PENSTOCK_FLOW_RUN_ID"]
path = os.path.join(sys.argv[1], run_id)
end = start + float(sys.argv[3 if os.path.exists(path) else 2])
def write(is_done):
    with open(path, "a") as file:
        line = [os.environ.get("{WORKER}", ""), os.getpid(), start, time.time(), is_done]
        file.write(json.dumps(line) + "\\n")
while time.time() < end:
    write(False)
    time.sleep(0.05)
write(True)
"""


class Jobs:
    """The jobs of a campaign, and the folder in which they leave their lines."""

    def __init__(self, folder: Path) -> None:
        self._script = folder / "job.py"
        self._script.write_text(_SOURCE)
        self._lines = folder / "lines"
        self._lines.mkdir()

    def command(self, seconds: float, seconds_again: float | None = None) -> str:
        """Return the command of a job that takes so long, or ``seconds_again`` when it is executed again."""
        again = seconds if seconds_again is None else seconds_again
        return f"env -u LD_PRELOAD {sys.executable} {self._script} {self._lines} {seconds} {again}"

    async def started(self, run_ids: Iterable[UUID], timeout_seconds: float = 60) -> None:
        """Wait until each of these runs has been executed, or is."""
        async with asyncio.timeout(timeout_seconds):
            while not all((self._lines / str(run_id)).exists() for run_id in run_ids):
                await asyncio.sleep(0.05)

    def journal(self, completed: dict[str, float] | None = None) -> Journal:
        """Return what was executed; the times of completion are given. Attempts are numbered as they came."""
        journal = Journal(completed=dict(completed or {}))
        for file in self._lines.iterdir():
            for attempt, execution in enumerate(_executions(file), 1):
                execution.attempt = attempt
                journal.executions.append(execution)
        return journal


def _executions(file: Path) -> list[Execution]:
    seen: dict[int, list[tuple[str, int, float, float, bool]]] = defaultdict(list)
    for line in file.read_text().splitlines():
        read = json.loads(line)
        seen[read[1]].append(read)
    found = [
        Execution(file.name, 0, of_one[-1][0], of_one[0][2], of_one[-1][3], of_one[-1][4])
        for of_one in seen.values()
    ]
    return sorted(found, key=lambda one: one.start)
