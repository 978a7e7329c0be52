"""Ending what a lost worker has left behind on this machine."""

import asyncio
import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from penstock.worker.environment import FLOW_RUN_ID

PROC = Path("/proc")
RUN_VARIABLES = (FLOW_RUN_ID, "PREFECT__FLOW_RUN_ID")
"""By these a process says whose job it is; a process that only has the same number does not."""

_LOOK_AGAIN_SECONDS = 0.05
_KILL_SECONDS = 5.0
_DEAD = frozenset("ZX")


class CannotEndError(Exception):
    """What is left of a job cannot be ended; the message is one sentence for a person."""


class _Process(NamedTuple):
    pid: int
    group: int
    session: int


async def end_leftovers(pid: int, flow_run_id: str, grace_seconds: float) -> bool:
    """End the job of a run that was started as process ``pid``, with all that it started.

    Looked for is not the number alone: somewhere in the process, its group or its session the
    environment must name the run, so that a number that is used anew is never touched. First
    SIGTERM, after the grace SIGKILL.

    Returns:
        False when nothing was left.

    Raises:
        CannotEndError: it is another user's, survives, or this system does not show its processes.
    """
    if not (PROC / "self" / "stat").exists():
        raise CannotEndError("This system does not show which job a process belongs to.")
    left = _job(pid, flow_run_id)
    if not left:
        return False
    for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, _KILL_SECONDS)):
        _signal(pid, left, number)
        deadline = asyncio.get_running_loop().time() + seconds
        while left and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            left = _still_there(pid, left)
        if not left:
            return True
    raise CannotEndError(f"Process {left[0].pid} survived SIGKILL.")


def _job(pid: int, flow_run_id: str) -> list[_Process]:
    """Return the processes of the job; none when no process there says that it belongs to the run."""
    members = _members(pid)
    named = [_names_run(one.pid, flow_run_id) for one in members]
    if any(named):
        return members
    if None in named:
        raise CannotEndError(f"Process {pid} belongs to another user, so it is not known whose job it is.")
    return []


def _members(pid: int) -> list[_Process]:
    return [one for one in _processes() if pid in one]


def _still_there(pid: int, before: list[_Process]) -> list[_Process]:
    """Return what is left of the job, with what it has started meanwhile in its group and session."""
    known = set(before)
    kept = {pid} if any(pid in (one.group, one.session) for one in before) else set[int]()
    return [one for one in _processes() if one in known or one.group in kept or one.session in kept]


def _processes() -> Iterable[_Process]:
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # the name of the program stands in brackets and may contain anything
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields and fields[0] not in _DEAD:
            yield _Process(int(folder.name), int(fields[2]), int(fields[3]))


def _names_run(pid: int, flow_run_id: str) -> bool | None:
    """Return whether the process was started for the run; None when it may not be asked."""
    try:
        environment = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except PermissionError:
        return None
    except OSError:
        return False
    return any(f"{name}={flow_run_id}".encode() in environment for name in RUN_VARIABLES)


def _signal(pid: int, members: list[_Process], number: signal.Signals) -> None:
    try:
        if any(one.group == pid for one in members):
            os.killpg(pid, number)
        for one in members:
            if one.group != pid:
                _signal_one(one.pid, number)
    except PermissionError as error:
        raise CannotEndError(f"Process {pid} belongs to another user.") from error
    except ProcessLookupError:
        return


def _signal_one(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
