"""Both servers as processes of their own, started the way their users start them."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import peer
from benchmarks.databases import Database
from benchmarks.processes import ProcessTree
from benchmarks.wire import HOST, UnexpectedAnswerError, connected, encode

START_SECONDS = 300
MOST_TRIES = 20
"""The peer answers 503 when its own loops hold the lock of a SQLite file."""

_BUSY_SECONDS = 0.5
_LOOK_SECONDS = 0.01

PENSTOCK = Path(sys.executable).with_name("penstock")
OURS = "Penstock"
THEIRS = "Prefect"


class ServerDidNotStartError(Exception):
    """A server does not answer; the message ends with what it printed."""


@dataclass
class Server:
    name: str
    port: int
    tree: ProcessTree
    database: Database
    environment: Mapping[str, str]
    start_seconds: float
    """From the start of the process to the first answer that it is healthy."""

    @property
    def is_ours(self) -> bool:
        return self.name == OURS

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.port}/api"

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Do one request and return the JSON of its answer; a server that fails is asked again."""
        request = encode(method, path, body)
        async with connected(self.port) as (connection,):
            for _ in range(MOST_TRIES):
                answer = await connection.ask(request, may_fail=True)
                if answer.status < 500:
                    return answer.json()
                await asyncio.sleep(_BUSY_SECONDS)
            return (await connection.ask(request)).json()


@asynccontextmanager
async def running(name: str, database: Database, folder: Path) -> AsyncIterator[Server]:
    """Start a server and stop it at the end.

    Raises:
        ServerDidNotStartError: it did not become healthy.
    """
    port, log = _free_port(), folder / f"{name.lower()}.log"
    environment = _environment(name, database, folder)
    started = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(
            _command(name, port), env=environment, stdout=output, stderr=subprocess.STDOUT, cwd=folder
        )
    tree = ProcessTree(process)
    try:
        await _wait_until_healthy(port, tree, log)
        yield Server(name, port, tree, database, environment, time.monotonic() - started)
    finally:
        tree.stop()


def _command(name: str, port: int) -> list[str]:
    if name == OURS:
        return [str(PENSTOCK), "server", "start", "--port", str(port)]
    return [str(peer.PREFECT), "server", "start", "--host", HOST, "--port", str(port)]


def _environment(name: str, database: Database, folder: Path) -> dict[str, str]:
    """Return the environment of a server: no setting of whoever runs the benchmark gets into it."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("PENSTOCK_", "PREFECT_"))}
    if name == OURS:
        return plain | {"PENSTOCK_HOME": str(folder / "home"), "PENSTOCK_DATABASE_URL": database.url}
    return plain | peer.settings(database.url, folder / "prefect-home")


async def _wait_until_healthy(port: int, tree: ProcessTree, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and tree.process.poll() is None:
        try:
            async with connected(port) as (connection,):
                await connection.ask(encode("GET", "/health"))
                return
        except (OSError, EOFError, UnexpectedAnswerError):
            await asyncio.sleep(_LOOK_SECONDS)
    raise ServerDidNotStartError(f"The server did not start:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
