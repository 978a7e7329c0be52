"""A server on each database, and a Prefect installation that talks to it."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.compat.client import Prefect
from tests.compat.report import Report
from tests.support.databases import _postgres_database
from tests.support.servers import running_server

PYTHON_VARIABLE = "PENSTOCK_COMPAT_PYTHON"
TALKATIVE = {"PENSTOCK_LOG_LEVEL": "debug"}
HASTY = {
    **TALKATIVE,
    "PENSTOCK_CLAIM_LEASE_SECONDS": "6",
    "PENSTOCK_CLAIM_RENEWAL_SECONDS": "2",
    "PENSTOCK_ATTEMPT_LOOP_SECONDS": "1",
    "PENSTOCK_SIGN_OF_LIFE_RECORD_SECONDS": "1",
    "PENSTOCK_RUN_CONFIRM_SECONDS": "10",
    "PENSTOCK_RUN_ORPHAN_TIMEOUT_SECONDS": "15",
    "PENSTOCK_RUN_SILENCE_TIMEOUT_SECONDS": "60",
}
"""Times that save the suite minutes of waiting."""


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # a shell's job in the background hands this on; Prefect's worker interrupts itself to end
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(Report(), "compat-report")


def _report(request: pytest.FixtureRequest) -> Report:
    report = request.config.pluginmanager.get_plugin("compat-report")
    assert isinstance(report, Report)
    return report


@pytest.fixture(scope="session")
def prefect_python() -> Path:
    """The Python of the environment that has Prefect; ``make compat`` makes it."""
    python = Path(os.environ.get(PYTHON_VARIABLE, ".cache/compat/bin/python")).absolute()
    assert python.exists(), f"There is no {python}: run the suite with `make compat`."
    return python


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Drive the databases that ``--database`` names, one after the other."""
    for name in ("server_url", "hasty_server_url"):
        if name in metafunc.fixturenames:
            kinds = metafunc.config.getoption("--database")
            metafunc.parametrize(name, kinds, indirect=True, scope="session")


@contextmanager
def _server(request: pytest.FixtureRequest, folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """Let a server live on a database of its own, and give its address; its log counts requests."""
    kind, report = request.param, _report(request)
    ready, stop, found = threading.Event(), threading.Event(), {}
    logs = folder / "logs"
    logs.mkdir()

    async def serve(url: str) -> None:
        async with running_server(url, settings=settings, logs=logs) as (address,):
            found["address"] = address
            ready.set()
            await asyncio.to_thread(stop.wait)

    async def live() -> None:
        if kind == "sqlite":
            await serve(f"sqlite+aiosqlite:///{folder / 'penstock.db'}")
            return
        async with _postgres_database() as url:
            await serve(url)

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            found["error"] = error
            raise
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    if "address" not in found:
        thread.join()
        raise AssertionError("The server did not start.") from found.get("error")
    try:
        yield found["address"]
    finally:
        stop.set()
        thread.join()
    for log in logs.iterdir():
        report.note_requests(log.read_text())


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that lives for all tests of one database."""
    with _server(request, tmp_path_factory.mktemp("compat"), TALKATIVE) as address:
        yield address


@pytest.fixture(scope="session")
def hasty_server_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same with a server that soon notices who is silent."""
    with _server(request, tmp_path_factory.mktemp("hasty"), HASTY) as address:
        yield address


@pytest.fixture(scope="session")
def hasty_prefect(
    hasty_server_url: str, prefect_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prefect]:
    """The unmodified client with that server; its workers send heartbeats every four seconds."""
    client = Prefect(prefect_python, f"{hasty_server_url}/api", tmp_path_factory.mktemp("hasty-home"))
    client.environment["PREFECT_WORKER_HEARTBEAT_SECONDS"] = "4"
    yield client
    client.api.close()


@pytest.fixture(scope="session")
def prefect(
    server_url: str, prefect_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prefect]:
    """The unmodified client, pointed at the server."""
    client = Prefect(prefect_python, f"{server_url}/api", tmp_path_factory.mktemp("prefect-home"))
    yield client
    client.api.close()
