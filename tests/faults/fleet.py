"""Server processes that are killed and come back under the same address."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.support.servers import PENSTOCK, free_port, wait_until_healthy

LEASE_SECONDS, RENEWAL_SECONDS, GRACE_SECONDS = 3.0, 1.0, 1.0
SHORT_LEASES = {
    "PENSTOCK_CLAIM_LEASE_SECONDS": str(LEASE_SECONDS),
    "PENSTOCK_CLAIM_RENEWAL_SECONDS": str(RENEWAL_SECONDS),
    "PENSTOCK_CLAIM_GRACE_SECONDS": str(GRACE_SECONDS),
    "PENSTOCK_ATTEMPT_LOOP_SECONDS": "0.5",
}


class KillableServer:
    """A server on a port of its own."""

    def __init__(self, database_url: str, log: Path, extra: Mapping[str, str]) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._environment = {**os.environ, **SHORT_LEASES, **extra, "PENSTOCK_DATABASE_URL": database_url}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self, extra: Mapping[str, str] | None = None, *, prefix: tuple[str, ...] = ()) -> None:
        """Start it and wait until it answers."""
        command = [*prefix, str(PENSTOCK), "server", "start", "--port", str(self.port)]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env={**self._environment, **(extra or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        await wait_until_healthy(self.address, self._process, self.log)

    async def kill(self) -> None:
        """End it by SIGKILL, in the middle of whatever it does."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it as an operator does."""
        await self._end(signal.SIGTERM)

    async def _end(self, by: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, by)
        try:
            await asyncio.to_thread(process.wait, 15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            await asyncio.to_thread(process.wait)


@asynccontextmanager
async def running_fleet(
    database_url: str, number: int, folder: Path, extra: Mapping[str, str] | None = None
) -> AsyncIterator[list[KillableServer]]:
    """Start servers on one database; whatever of them still lives is stopped at the end."""
    servers = [KillableServer(database_url, folder / f"server-{n}.log", extra or {}) for n in range(number)]
    try:
        for server in servers:
            await server.start()
        yield servers
    finally:
        await asyncio.gather(*(server.stop() for server in servers))
