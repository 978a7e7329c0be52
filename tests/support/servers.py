"""Real server processes on a free port, ended by the test that started them."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

PENSTOCK = Path(sys.executable).with_name("penstock")
_START_SECONDS = 60


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers that it is healthy; fail with its log when it does not start."""
    deadline = time.monotonic() + _START_SECONDS
    async with httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{address}/api/health")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"The server did not start:\n{log.read_text()}")
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running_server(
    database_url: str,
    processes: int = 1,
    settings: Mapping[str, str] | None = None,
    logs: Path | None = None,
) -> AsyncIterator[list[str]]:
    """Start server processes on one database and give their addresses, without ``/api``.

    Args:
        settings: environment variables of theirs.
        logs: the folder that keeps what each of them prints.
    """
    environment = {**os.environ, **(settings or {}), "PENSTOCK_DATABASE_URL": database_url}
    started: list[subprocess.Popen[bytes]] = []
    with TemporaryDirectory() as scratch:
        folder = logs or scratch
        try:
            addresses = []
            for number in range(processes):
                port, log = free_port(), Path(folder) / f"server-{number}.log"
                command = [str(PENSTOCK), "server", "start", "--port", str(port)]
                with log.open("wb") as output:
                    process = subprocess.Popen(
                        command, env=environment, stdout=output, stderr=subprocess.STDOUT
                    )
                started.append(process)
                addresses.append(f"http://127.0.0.1:{port}")
                await wait_until_healthy(addresses[-1], process, log)
            yield addresses
        finally:
            for process in started:
                process.terminate()
            for process in started:
                try:
                    process.wait(timeout=15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
