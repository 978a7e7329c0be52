"""What a runner is: a way to start the job of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class JobStartError(Exception):
    """A job could not be started; the message is one sentence for the owner of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlan:
    """Everything a runner has to know about one job.

    ``environment`` is the whole environment of the job. ``standard_input`` is what it can read there.
    """

    arguments: tuple[str, ...]
    working_dir: Path
    environment: Mapping[str, str]
    standard_input: bytes = b""


class JobOutput(Protocol):
    """Takes the lines a job writes. A slow taker slows the job down."""

    async def write_stdout(self, line: str) -> None:
        """Take a line of standard output."""

    async def write_stderr(self, line: str) -> None:
        """Take a line of standard error."""


class Job(Protocol):
    """A job that has been started."""

    @property
    def pid(self) -> int:
        """The process id."""

    async def wait(self) -> int:
        """Return the exit code, or minus the number of the signal that ended the job.

        All output has been handed on by then.
        """

    async def stop(self, grace_seconds: float) -> None:
        """Ask the job and all its children to end, and force them after the grace."""


class Runner(Protocol):
    """Starts jobs."""

    async def start(self, plan: JobPlan, output: JobOutput) -> Job:
        """Start a job. Raises ``JobStartError``."""
