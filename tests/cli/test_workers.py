"""``penstock worker``."""

import os
import signal
import subprocess
from uuid import uuid4

import pytest

from tests.cli.conftest import PENSTOCK, Cli, start, stop


def test_ls(cli: Cli, pool: str, worker: str) -> None:
    [document] = cli("worker", "ls", "--pool", pool, "--json").document
    assert document["name"] == "tester"
    assert document["status"] == "ONLINE"
    assert "tester" in cli("worker", "ls", "--pool", pool).out
    assert cli("pool", "inspect", pool, "--json").document["status"] == "READY"


def test_ls_without_workers_tells_how_to_start_one(cli: Cli, pool: str) -> None:
    result = cli("worker", "ls", "--pool", pool)
    assert result.code == 0
    assert f"penstock worker start --pool {pool}" in result.out


def test_a_missing_pool(cli: Cli) -> None:
    for arguments in (["ls"], ["start"]):
        result = cli("worker", *arguments, "--pool", "nowhere")
        assert result.code == 1
        assert "penstock pool create nowhere" in result.err


def test_a_missing_queue(cli: Cli, pool: str) -> None:
    result = cli("worker", "start", "--pool", pool, "--queue", "absent")
    assert result.code == 1
    assert f"penstock queue create absent --pool {pool}" in result.err


def test_start_waits_for_a_server() -> None:
    """It says so, and a stop signal ends the wait."""
    address = "http://127.0.0.1:9/api"
    process = subprocess.Popen(
        [PENSTOCK, "worker", "start", "--pool", "p"],
        env={**os.environ, "PENSTOCK_API_URL": address},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert address in process.stderr.readline()
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_start_can_create_the_pool_and_stops_cleanly(cli: Cli, server_url: str, number: int) -> None:
    pool = f"pool-{uuid4().hex[:8]}"
    process, facts = start(
        "worker", "start", "--pool", pool, "--create-pool", "--limit", "2", PENSTOCK_API_URL=server_url
    )
    assert facts["work_pool_name"] == pool
    assert cli("pool", "inspect", pool).code == 0
    code, err = stop(process, number)
    assert code == 0
    assert "Traceback" not in err


def test_a_limit_that_cannot_be(offline: Cli) -> None:
    result = offline("worker", "start", "--pool", "p", "--limit", "0")
    assert result.code == 2
    assert "--limit" in result.error
