"""The command line against a real server: one server process for all tests of a test process."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from penstock.cli.main import run

PENSTOCK = Path(sys.executable).parent / "penstock"


@dataclass(frozen=True)
class Result:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The sentence on stderr."""
        assert self.err.startswith("Error: "), self.err
        return self.err.removeprefix("Error: ").strip()


Cli = Callable[..., Result]


def start(*arguments: str, **environment: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start a command that stays and return it with the JSON document it prints once it is ready."""
    process = subprocess.Popen(
        [str(PENSTOCK), *arguments, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith('{"') or '"error"' in line:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"{' '.join(arguments)} did not start: {line}{out}{err}")
    return process, json.loads(line)


def start_server(home: Path, *arguments: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start a server on a free port, with its data in ``home``."""
    return start("server", "start", "--port", "0", *arguments, PENSTOCK_HOME=str(home))


def stop(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    """Stop a process and return its exit code and what it wrote on stderr."""
    process.send_signal(number)
    try:
        _, err = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"The process did not stop within 20 s. It said: {out}{err}")
    return process.returncode, err


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API address of a server on SQLite."""
    process, facts = start_server(tmp_path_factory.mktemp("server"))
    yield facts["api_url"]
    stop(process)


@pytest.fixture
def offline(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Run a command in an empty folder, with no server there."""
    monkeypatch.setenv("PENSTOCK_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def cli(offline: Cli, monkeypatch: pytest.MonkeyPatch, server_url: str) -> Cli:
    """Run a command in an empty folder, against the server."""
    monkeypatch.setenv("PENSTOCK_API_URL", server_url)
    return offline


@pytest.fixture
def pool(cli: Cli) -> str:
    """A work pool of the test's own."""
    name = f"pool-{uuid4().hex[:8]}"
    assert cli("pool", "create", name).code == 0
    return name


@pytest.fixture
def deployment(cli: Cli, pool: str) -> str:
    """A deployment of the test's own, in ``pool``."""
    name = f"job-{uuid4().hex[:8]}"
    assert cli("deploy", name, "--command", "echo hello", "--pool", pool).code == 0
    return name


@pytest.fixture
def worker(pool: str, server_url: str) -> Iterator[str]:
    """A worker process that serves ``pool``."""
    process, facts = start(
        *("worker", "start", "--pool", pool, "--name", "tester"),
        PENSTOCK_API_URL=server_url,
        PENSTOCK_WORKER_POLL_INTERVAL_SECONDS="0.1",
        PENSTOCK_WORKER_CANCEL_CHECK_SECONDS="0.2",
    )
    assert facts["name"] == "tester"
    yield "tester"
    stop(process)
