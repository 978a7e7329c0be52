"""Driving the Prefect command line and Python client as separate processes."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PROJECT = Path(__file__).parent / "project"
COMMAND_SECONDS = 120


class Waited(AssertionError):
    """Something did not happen in time."""


def wait_until(what: str, check: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the first true answer of ``check``, asked again and again."""
    deadline = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Waited(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.3)


@dataclass
class Prefect:
    """One Prefect installation, pointed at one server."""

    python: Path
    api_url: str
    home: Path
    environment: dict[str, str] = field(init=False)
    api: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TZ") if name in os.environ}
        self.environment = {
            **kept,
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "PREFECT_API_URL": self.api_url,
            "PREFECT_HOME": str(self.home),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_CLI_COLORS": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_RUNNER_POLL_FREQUENCY": "1",
            "DO_NOT_TRACK": "1",
            "COLUMNS": "300",
            "PYTHONUNBUFFERED": "1",
            "COMPAT_PROJECT": str(PROJECT),
        }
        self.api = httpx.Client(base_url=self.api_url + "/", timeout=30)

    def start(self, *command: str, log: Path | None = None) -> subprocess.Popen[str]:
        """Start a command of the installation's ``bin`` in the project's folder."""
        with (log or Path(os.devnull)).open("a") as file:
            return subprocess.Popen(
                [str(self.python.with_name(command[0])), *command[1:]],
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file if log is not None else subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def run(self, *command: str, code: int = 0) -> str:
        """Run a command and return what it printed; any other exit code than ``code`` fails."""
        process = self.start(*command)
        try:
            output, _ = process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            raise Waited(f"{' '.join(command)} did not end:\n{output}") from None
        assert process.returncode == code, f"{' '.join(command)} exited {process.returncode}:\n{output}"
        return output

    def cli(self, *words: str, code: int = 0) -> str:
        """Run ``prefect ...``."""
        return self.run("prefect", *words, code=code)

    def json(self, *words: str) -> Any:
        """Run ``prefect ... --output json`` and return the document."""
        output = self.cli(*words, "--output", "json")
        return json.loads(output[min(i for i in (output.find("["), output.find("{")) if i >= 0) :])

    def deploy(self, pool: str, *flows: str) -> None:
        """Deploy flows of the project to a pool with ``flow.deploy()``."""
        self.run("python", "deploy.py", pool, *flows)

    def make_pool(self, name: str, *options: str) -> None:
        """Create a process pool."""
        self.cli("work-pool", "create", name, "--type", "process", *options)

    def trigger(self, deployment: str, *options: str) -> str:
        """Create a run of a deployment and return its id."""
        output = self.cli("deployment", "run", deployment, *options)
        return output.split("UUID: ")[1].split()[0]

    def flow_run(self, flow_run_id: str) -> dict[str, Any]:
        """Read a run over the API."""
        answer = self.api.get(f"flow_runs/{flow_run_id}")
        answer.raise_for_status()
        return dict(answer.json())

    def wait_for_state(self, flow_run_id: str, *names: str, seconds: float = 60) -> dict[str, Any]:
        """Wait until a run is in one of the named states."""
        return dict(
            wait_until(
                f"run {flow_run_id} in {names}, it is {self.flow_run(flow_run_id)['state_name']}",
                lambda: (run := self.flow_run(flow_run_id))["state_name"] in names and run,
                seconds,
            )
        )

    def states(self, flow_run_id: str) -> list[str]:
        """Return the names of a run's states, in order."""
        history = self.api.get("flow_run_states/", params={"flow_run_id": flow_run_id}).json()
        return [state["name"] for state in history]

    @contextmanager
    def worker(self, pool: str, *options: str, log: Path) -> Iterator[subprocess.Popen[str]]:
        """Keep an unmodified process worker running."""
        process = self.start(
            "prefect", "worker", "start", "--pool", pool, "--type", "process", *options, log=log
        )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End a process we started, and what it started: first politely."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
