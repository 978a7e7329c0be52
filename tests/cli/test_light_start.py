"""What a server has loaded once it is healthy: nothing that only a few requests need."""

import http.client
import json
import signal
import subprocess
import sys

LOADED_LATER = {
    "alembic", "coolname", "cryptography", "httpx", "jinja2", "jsonschema", "penstock.client",
    "prometheus_client", "pydantic.v1", "regex", "rich",
}  # fmt: skip

PROGRAM = """
import atexit, json, sys
from penstock.cli.main import main
atexit.register(lambda: print(json.dumps([name for name, module in sys.modules.items() if module])))
sys.argv[1:] = ["server", "start", "--port", "0", "--json"]
main()
"""


def _loaded(database_url: str) -> set[str]:
    """Return the modules of a server that has answered that it is healthy, and nothing else."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        text=True,
        env={"PENSTOCK_DATABASE_URL": database_url, "PENSTOCK_SERVICES_ENABLED": "true"},
    )
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["api_url"].split("/")[2]
        connection = http.client.HTTPConnection(address)
        connection.request("GET", "/api/health")
        assert connection.getresponse().read() == b"true"
        connection.close()
        process.send_signal(signal.SIGTERM)
        return set(json.loads(process.communicate(timeout=20)[0]))
    finally:
        process.kill()


def test_a_server_loads_what_few_requests_need_when_they_come(database_url: str) -> None:
    loaded = _loaded(database_url)
    assert "penstock.server.app" in loaded
    assert loaded & LOADED_LATER == set()


def test_a_server_loads_the_driver_of_its_own_database_only(database_url: str) -> None:
    drivers = {"sqlite+aiosqlite": "aiosqlite", "postgresql+asyncpg": "asyncpg"}
    own = drivers[database_url.partition(":")[0]]
    assert _loaded(database_url) & set(drivers.values()) == {own}
