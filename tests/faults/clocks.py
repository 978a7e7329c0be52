"""Wrong clocks for processes, by libfaketime."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))

needs_libfaketime = pytest.mark.skipif(
    not LIBRARIES, reason="libfaketime is not there: install Debian's package faketime"
)

_PROBE = """
import sys, time
uptime = lambda: float(open("/proc/uptime").read().split()[0])
off = time.time() - float(sys.argv[1])
here, there = time.monotonic(), uptime()
while uptime() < there + 1:
    pass
print(off, (time.monotonic() - here) / (uptime() - there))
"""


class Reading(NamedTuple):
    """How far a wall clock is off, and how fast intervals pass: 1 is right."""

    off_seconds: float
    rate: float


def off_by(clock: str) -> dict[str, str]:
    """Return the environment of a process whose wall clock is off; intervals pass as they do."""
    return _faked() | {"FAKETIME": clock}


def running_at(rate: float, clock: str) -> dict[str, str]:
    """Return the environment of a process whose clocks all go too fast or too slow, the monotonic one too."""
    return _faked() | {"FAKETIME_DONT_FAKE_MONOTONIC": "0", "FAKETIME": f"{clock} x{rate:g}"}


class JumpingClock:
    """A wall clock that is off by what a file says; a jump is noticed within a second."""

    def __init__(self, file: Path, off: timedelta) -> None:
        self.environment = _faked() | {"FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_CACHE_DURATION": "1"}
        self._file = file
        self._off = timedelta()
        self.jump(off)

    def jump(self, by: timedelta) -> None:
        """Put the clock forward, or back."""
        self._off += by
        written = self._file.with_suffix(".new")
        written.write_text(f"{self._off.total_seconds():+.0f}\n")
        written.replace(self._file)


async def read_clock(environment: dict[str, str], real_seconds: float) -> Reading:
    """Return what a process with this environment sees, started at this time of the right wall clock."""
    probe = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", _PROBE, str(real_seconds)),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await probe.communicate()
    off, rate = map(float, output.split())
    return Reading(off, rate)


def _faked() -> dict[str, str]:
    return {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
