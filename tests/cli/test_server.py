"""``penstock server start`` as a process."""

import signal
import socket
import subprocess
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.cli.conftest import PENSTOCK, Cli, start_server, stop


def _start(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PENSTOCK), "server", "start", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PENSTOCK_HOME": str(home)},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_on_the_printed_address_and_stops_cleanly(tmp_path: Path, number: int) -> None:
    process, facts = start_server(tmp_path)
    try:
        assert httpx.get(f"{facts['api_url']}/health").json() is True
        assert httpx.get(facts["docs_url"]).status_code == 200
        assert facts["database_url"] == f"sqlite+aiosqlite:///{tmp_path / 'penstock.db'}"
        assert facts["pid"] == process.pid
    finally:
        code, err = stop(process, number)
    assert code == 0
    assert "Traceback" not in err


def test_a_connection_outlasts_the_one_that_clients_keep(tmp_path: Path) -> None:
    """httpx, and so Prefect's client, uses one again for five seconds."""
    process, facts = start_server(tmp_path)
    address = urlsplit(facts["api_url"])
    connection = HTTPConnection(address.hostname or "", address.port or 0)
    try:
        for seconds in (5.5, 0.0):
            connection.request("GET", "/api/health")
            assert connection.getresponse().read() == b"true"
            time.sleep(seconds)
            assert connection.sock is not None
    finally:
        connection.close()
        stop(process)


def test_it_prints_addresses_for_a_person(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(PENSTOCK), "server", "start", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PENSTOCK_HOME": str(tmp_path)},
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(5)]
    stop(process)
    assert "ready" in lines[0]
    assert "http://127.0.0.1:" in lines[1]
    assert lines[2].strip().endswith("/api")
    assert "/docs" in lines[3]
    assert "penstock.db" in lines[4]


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = _start(tmp_path, "--port", str(port))
    assert result.returncode == 1
    assert result.stderr.startswith(f"Error: Port {port} on 127.0.0.1 is in use.")
    assert "--port 0" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_database_that_does_not_answer_is_one_sentence_without_the_password(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://someone:sesame@127.0.0.1:9/nowhere"
    result = _start(tmp_path, "--port", "0", "--database-url", url)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: The database")
    assert "someone:***@127.0.0.1:9/nowhere" in result.stderr
    assert "sesame" not in result.stdout + result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_cannot_be_a_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    result = _start(tmp_path, "--port", "0", "--database-url", f"sqlite+aiosqlite:///{tmp_path}/text.db")
    assert result.returncode == 1
    assert "text.db" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("url", ["nonsense", "mysql://here/there", "oracle+strange://x/y"])
def test_an_address_that_is_none_is_a_usage_error(tmp_path: Path, url: str) -> None:
    result = _start(tmp_path, "--port", "0", "--database-url", url)
    assert result.returncode == 2
    assert "postgresql+asyncpg://" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], "--port"),
        (["--port", "0", "--log-level", "chatty"], "chatty"),
        (["--port", "0", "--host", "no.such.host.invalid"], "no.such.host.invalid"),
    ],
)
def test_bad_values_are_named(tmp_path: Path, arguments: list[str], words: str) -> None:
    result = _start(tmp_path, *arguments)
    assert result.returncode in {1, 2}
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_it_keeps_its_data_between_starts(tmp_path: Path) -> None:
    process, facts = start_server(tmp_path)
    created = httpx.post(f"{facts['api_url']}/work_pools/", json={"name": "kept", "type": "process"})
    stop(process)
    assert created.status_code == 201
    process, facts = start_server(tmp_path)
    read = httpx.get(f"{facts['api_url']}/work_pools/kept")
    stop(process)
    assert read.status_code == 200


def test_it_serves_from_postgresql(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if "postgresql" not in request.config.getoption("database"):
        pytest.skip("left out by --database")
    url = request.getfixturevalue("postgres_template")
    process, facts = start_server(tmp_path, "--database-url", url)
    healthy = httpx.get(f"{facts['api_url']}/health").json()
    code, _ = stop(process)
    assert healthy is True
    assert code == 0


def test_the_servers_of_the_database_are_listed(cli: Cli, server_url: str) -> None:
    [server] = listed(cli)
    own = httpx.get(f"{server_url}/admin/server").json()
    assert (server["id"], server["process_id"]) == (own["id"], own["process_id"])

    shown = cli("server", "ls").out
    for words in (server["host"], str(server["process_id"]), "online", server["version"]):
        assert words in shown
    running = sum(one["is_enabled"] for one in server["services"])
    assert f"{running} of {len(server['services'])}" in shown


def listed(cli: Cli) -> list[dict[str, Any]]:
    """Return the servers as soon as one has entered itself, which it does right after its start."""
    deadline = time.monotonic() + 20
    while not (servers := cli("server", "ls", "--json").document):
        assert time.monotonic() < deadline
    found: list[dict[str, Any]] = servers
    return found
