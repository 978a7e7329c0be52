"""Jobs do not outlive their worker, however it ends."""

import os
import sys
from pathlib import Path

import structlog

_PROGRAM = Path(__file__).with_name("keeper.py")
_GRACE_SECONDS = 2.0

log = structlog.get_logger()


class JobKeeper:
    """Tells a small process of its own which jobs there are; that ends them when this process is gone.

    It is started with the first job and ends with this process: it reads from a pipe whose other end only
    this process has. What the kernel offers for the purpose reaches the child alone, not its children.
    """

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._pipe: int | None = None

    def add(self, group: int) -> None:
        """Note a process group that must not outlive this process."""
        self._groups.add(group)
        self._say(f"+{group}\n")

    def remove(self, group: int) -> None:
        """Forget a process group that has ended."""
        self._groups.discard(group)
        self._say(f"-{group}\n")

    def _say(self, line: str) -> None:
        if self._pipe is not None:
            try:
                os.write(self._pipe, line.encode("ascii"))
                return
            except OSError:
                os.close(self._pipe)
                self._pipe = None
        try:
            self._pipe = _start()
            for group in self._groups:
                os.write(self._pipe, b"+%d\n" % group)
        except OSError as error:
            log.warning("jobs would outlive a killed worker: their keeper cannot be started: %s", error)


def _start() -> int:
    """Start the keeper and return the end of the pipe by which it is spoken to."""
    source, sink = os.pipe()
    try:
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(_PROGRAM), f"{_GRACE_SECONDS:g}"],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, source, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,
        )
    except OSError:
        os.close(sink)
        raise
    finally:
        os.close(source)
    return sink


THIS_PROCESS = JobKeeper()
"""The keeper of all jobs that this process starts."""
