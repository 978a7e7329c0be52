"""Jobs as processes of this machine."""

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from penstock.worker.runners.base import JobOutput, JobPlan, JobStartError
from penstock.worker.runners.gate import Gate
from penstock.worker.runners.keeping import THIS_PROCESS
from penstock.worker.runners.pipes import OutputPipe
from penstock.worker.waiting import first_of

_LEFTOVER_GRACE_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = 0.05


class ProcessJob:
    """A process in a session of its own, so that all its children can be reached.

    The job is over when this process ends; children it leaves in its process group are ended then. Should
    the worker be killed, they are ended too.
    """

    def __init__(self, process: asyncio.subprocess.Process, pipes: Sequence[OutputPipe]) -> None:
        self._process = process
        self._pipes = pipes
        self._has_ended = asyncio.Event()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the process group."""
        return self._process.pid

    async def wait(self) -> int:
        """Return the exit code, or minus the number of the signal that ended the process."""
        code = await self._process.wait()
        self._has_ended.set()
        await self._end_leftovers()
        THIS_PROCESS.remove(self.pid)
        for pipe in self._pipes:
            await pipe.drain()
        return code

    async def stop(self, grace_seconds: float) -> None:
        """Send SIGTERM to the whole group, and SIGKILL when the process is still there after the grace.

        Only returns while somebody awaits ``wait``, which notices the end.
        """
        self._signal_group(signal.SIGTERM)
        if not await first_of(self._has_ended, timeout_seconds=grace_seconds):
            self._signal_group(signal.SIGKILL)

    async def _end_leftovers(self) -> None:
        if not self._signal_group(signal.SIGTERM):
            return
        deadline = asyncio.get_running_loop().time() + _LEFTOVER_GRACE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            if not self._signal_group(0):
                return
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: int) -> bool:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True


class ProcessRunner:
    """Starts each job as a process of its own."""

    async def start(self, plan: JobPlan, output: JobOutput) -> ProcessJob:
        """Start a process. Raises ``JobStartError`` saying why there is none."""
        _require_folder(plan.working_dir)
        _require_program(plan)
        pipes: list[OutputPipe] = []
        try:
            pipes.append(OutputPipe(output.write_stdout))
            pipes.append(OutputPipe(output.write_stderr))
            with _standard_input(plan.standard_input) as source, Gate() as gate:
                process = await asyncio.create_subprocess_exec(
                    *gate.before(plan),
                    cwd=plan.working_dir,
                    env=dict(plan.environment),
                    stdin=source,
                    stdout=pipes[0].write_end,
                    stderr=pipes[1].write_end,
                    start_new_session=True,
                    pass_fds=(gate.entrance,),
                )
                THIS_PROCESS.add(process.pid)
                gate.open()
        except (OSError, ValueError) as error:
            for pipe in pipes:
                pipe.discard()
            raise JobStartError(f"The process could not be started: {_reason(error)}.") from error
        for pipe in pipes:
            await pipe.open()
        return ProcessJob(process, pipes)


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise JobStartError(f"The working directory '{folder}' does not exist on {socket.gethostname()}.")


def _require_program(plan: JobPlan) -> None:
    program = plan.arguments[0]
    place = str(plan.working_dir / program) if "/" in program else program
    if shutil.which(place, path=plan.environment.get("PATH", os.defpath)) is None:
        raise JobStartError(f"The process could not be started: {program}: no such file or directory.")


@contextmanager
def _standard_input(content: bytes) -> Iterator[IO[bytes]]:
    """Yield a file to read from: a job that does not read must not block who writes."""
    with tempfile.TemporaryFile() as source:
        source.write(content)
        source.seek(0)
        yield source


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    return (text or str(error)).rstrip(".").lower()
