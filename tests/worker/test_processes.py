"""Processes and what they leave behind."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from penstock.worker.runners import JobPlan, JobStartError, ProcessRunner


class Lines(list[str]):
    """Output that is kept."""

    async def write_stdout(self, line: str) -> None:
        self.append(line)

    write_stderr = write_stdout


def plan(command: str, **changes: object) -> JobPlan:
    values = {
        "arguments": ("sh", "-c", command),
        "working_dir": Path.cwd(),
        "environment": dict(os.environ),
        **changes,
    }
    return JobPlan(**values)


async def test_exit_code_and_output():
    output = Lines()
    job = await ProcessRunner().start(plan("echo out; cat; exit 9", standard_input=b"in\n"), output)
    assert await job.wait() == 9
    assert output == ["out", "in"]


async def test_children_left_in_the_background_end_with_the_job(tmp_path):
    pid = tmp_path / "pid"
    output = Lines()
    job = await ProcessRunner().start(plan(f"sleep 60 & echo $! > {pid}; echo done"), output)
    async with asyncio.timeout(10):
        assert await job.wait() == 0
    assert output == ["done"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


async def test_children_that_ignore_sigterm_are_killed():
    output = Lines()
    job = await ProcessRunner().start(plan("(trap '' TERM; echo up; sleep 60) & sleep 0.2"), output)
    async with asyncio.timeout(10):
        assert await job.wait() == 0
    assert output == ["up"]


@pytest.mark.parametrize("child", ["sleep 60", "sh -c 'while true; do echo noise; done'"])
async def test_a_child_that_left_the_session_is_not_waited_for(tmp_path, child):
    pid = tmp_path / "pid"
    output = Lines()
    job = await ProcessRunner().start(
        plan(f'setsid sh -c "echo \\$\\$ > {pid}; exec {child}" & while [ ! -s {pid} ]; do sleep 0.01; done'),
        output,
    )
    try:
        async with asyncio.timeout(30):
            assert await job.wait() == 0
    finally:
        with suppress(ProcessLookupError):
            os.kill(int(pid.read_text()), signal.SIGKILL)


async def test_a_slow_reader_slows_the_job_down(tmp_path):
    done = tmp_path / "done"
    gate = asyncio.Event()

    class Slow(Lines):
        async def write_stdout(self, line: str) -> None:
            await gate.wait()
            self.append(line)

    output = Slow()
    job = await ProcessRunner().start(plan(f"seq 1 300000; touch {done}"), output)
    end = asyncio.create_task(job.wait())
    await asyncio.wait({end}, timeout=0.5)
    assert not done.exists()
    gate.set()
    assert await end == 0
    assert len(output) == 300_000


async def test_a_missing_folder():
    with pytest.raises(JobStartError, match="The working directory '/nowhere' does not exist on"):
        await ProcessRunner().start(plan("true", working_dir=Path("/nowhere")), Lines())


async def test_a_missing_program():
    with pytest.raises(
        JobStartError, match="could not be started: /no/such/program: no such file or directory"
    ):
        await ProcessRunner().start(plan("", arguments=("/no/such/program",)), Lines())


async def test_no_file_descriptor_is_left_open():
    first = await ProcessRunner().start(plan("true"), Lines())
    await first.wait()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for command in ("true", "exit 1"):
        job = await ProcessRunner().start(plan(command), Lines())
        await job.wait()
    with suppress(JobStartError):
        await ProcessRunner().start(plan("", arguments=("/no/such/program",)), Lines())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_variables_with_odd_names_reach_the_job():
    output = Lines()
    program = "import os; print(os.environ['a.b'], os.environ['x-y'], os.environ['plain'])"
    environment = {**os.environ, "a.b": "1 2", "x-y": "$HOME", "plain": "3"}
    job = await ProcessRunner().start(
        plan("", arguments=(sys.executable, "-c", program), environment=environment), output
    )
    assert await job.wait() == 0
    assert output == ["1 2 $HOME 3"]


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "])
async def test_jobs_end_with_the_process_that_started_them(tmp_path, trap):
    pids = tmp_path / "pids"
    command = f"{trap}(sleep 60; true) & echo $$ $! > {pids}; while true; do sleep 0.1; done"
    program = f"""
import asyncio, os
from pathlib import Path
from penstock.worker.runners import JobPlan, ProcessRunner
from tests.worker.test_processes import Lines
async def main():
    plan = JobPlan(arguments=("sh", "-c", {command!r}), working_dir=Path.cwd(), environment=os.environ)
    job = await ProcessRunner().start(plan, Lines())
    await asyncio.sleep(60)
asyncio.run(main())
"""
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    async with asyncio.timeout(60):
        while not pids.exists() or len(pids.read_text().split()) < 2:
            await asyncio.sleep(0.01)
        worker.kill()
        await worker.wait()
        for pid in map(int, pids.read_text().split()):
            with suppress(ProcessLookupError):
                while True:
                    os.kill(pid, 0)
                    await asyncio.sleep(0.02)
