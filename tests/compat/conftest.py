"""A server on each database, and a Prefect installation that talks to it."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compat.client import Prefect
from tests.compat.report import Report
from tests.support.databases import _postgres_database
from tests.support.servers import running_server

PYTHON_VARIABLE = "PENSTOCK_COMPAT_PYTHON"


def pytest_configure(config: pytest.Config) -> None:
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
    if "server_url" in metafunc.fixturenames:
        kinds = metafunc.config.getoption("--database")
        metafunc.parametrize("server_url", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that lives for all tests of one database."""
    ready, stop, found = threading.Event(), threading.Event(), {}
    logs = tmp_path_factory.mktemp("server-log")

    async def serve(url: str) -> None:
        async with running_server(url, logs=logs, PENSTOCK_LOG_LEVEL="debug") as (address,):
            found["address"] = address
            ready.set()
            await asyncio.to_thread(stop.wait)

    async def live() -> None:
        if request.param == "sqlite":
            await serve(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('compat') / 'penstock.db'}")
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
    yield found["address"]
    stop.set()
    thread.join()
    for log in logs.iterdir():
        _report(request).note_requests(log.read_text())


@pytest.fixture(scope="session")
def prefect(
    server_url: str, prefect_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prefect]:
    """The unmodified client, pointed at the server."""
    client = Prefect(prefect_python, f"{server_url}/api", tmp_path_factory.mktemp("prefect-home"))
    yield client
    client.api.close()
