"""The process that ends the jobs of a worker that is gone: ``python keeper.py GRACE_SECONDS``.

Reads one line for each job that starts (``+1234``, the id of its process group) and for each that has ended
(``-1234``) from standard input. When that ends, so has the worker: the groups that are left are asked to end,
and killed after the grace.

Standard library only: it is started by its path and stays as small as it can be.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

_LOOK_AGAIN_SECONDS = 0.05


def main() -> None:
    """Keep watch until standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin.buffer:
        group = int(line[1:])
        if line.startswith(b"+"):
            groups.add(group)
        else:
            groups.discard(group)
    end(groups, grace_seconds=float(sys.argv[1]))


def end(groups: Iterable[int], *, grace_seconds: float) -> None:
    """Send SIGTERM to the process groups, and SIGKILL to those that are left after the grace."""
    left = [group for group in groups if _signal(group, signal.SIGTERM)]
    deadline = time.monotonic() + grace_seconds
    while left and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN_SECONDS)
        left = [group for group in left if _signal(group, 0)]
    for group in left:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
