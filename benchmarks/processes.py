"""A server's processes and what they cost, read from ``/proc``."""

import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_STOP_SECONDS = 15


class ProcessTree:
    """A process that was started here, with all that it has started."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def pids(self) -> list[int]:
        """Return the ids of the process and of all below it that are alive."""
        found = [self.process.pid]
        for pid in found:
            found += _children(pid)
        return found

    def cpu_seconds(self) -> float:
        """Return the processor time used so far, also by children that have ended."""
        return cpu_seconds(self.pids(), with_ended_children=True)

    def memory_bytes(self) -> int:
        """Return the proportional set size: what is shared with others counts in part."""
        return sum(_proportional_bytes(pid) for pid in self.pids())

    def freeze(self) -> None:
        """Let the processes stand still, so that another one can be measured undisturbed."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the process, and its children if they do not end with it."""
        self.thaw()
        below = self.pids()[1:]
        self.process.terminate()
        try:
            self.process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in below:
            _send(pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            for pid in self.pids():
                _send(pid, number)


def cpu_seconds(pids: Iterable[int], *, with_ended_children: bool = False) -> float:
    """Return the processor time that processes have used so far; those that are gone count nothing."""
    last = 17 if with_ended_children else 15
    return sum(sum(int(ticks) for ticks in _stat(pid)[11 : last - 2]) for pid in pids) / _TICKS_PER_SECOND


def _stat(pid: int) -> list[str]:
    """Return the fields of ``/proc/PID/stat`` from the third on: the second may hold blanks."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _children(pid: int) -> list[int]:
    try:
        texts = [path.read_text() for path in (PROC / str(pid) / "task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for text in texts for child in text.split()]


def _proportional_bytes(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
