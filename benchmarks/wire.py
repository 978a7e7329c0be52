"""A lean HTTP/1.1 client: it shares the processors with the servers, so it has to cost little."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

HOST = "127.0.0.1"
_LONGEST_HEAD_BYTES = 1 << 16


class UnexpectedAnswerError(Exception):
    """A server answered what a measurement can't be based on."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body) if self.body else None


def encode(method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a whole request; ``path`` begins with ``/``, below ``/api``."""
    content = b"" if body is None else orjson.dumps(body)
    lines = [
        f"{method} /api{path} HTTP/1.1",
        f"host: {HOST}",
        "content-type: application/json",
        f"content-length: {len(content)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


class Connection:
    """One connection that is kept open; requests on it go one after the other.

    ``failures`` counts the answers that were a failure of the server (5xx).
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.failures = 0

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(
            HOST, self._port, limit=_LONGEST_HEAD_BYTES
        )

    def close(self) -> None:
        self._writer.close()

    async def send(self, request: bytes) -> Answer:
        """Send a request and return the answer, whatever its status."""
        try:
            return await self._exchange(request)
        except (asyncio.IncompleteReadError, ConnectionError):
            # Servers close a connection on which nothing was asked for some time.
            self.close()
            await self.open()
            return await self._exchange(request)

    async def _exchange(self, request: bytes) -> Answer:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        return Answer(int(head[9:12]), await self._read_body(head.lower()))

    async def ask(self, request: bytes, *, may_fail: bool = False) -> Answer:
        """Send a request and return the answer; one that is no success ends the measurement.

        With ``may_fail`` the server may fail (5xx), the request must still be right.
        """
        answer = await self.send(request)
        self.failures += answer.status >= 500
        if 300 <= answer.status < (500 if may_fail else 600):
            line = request.split(b"\r\n", 1)[0].decode()
            raise UnexpectedAnswerError(f"{line} was answered {answer.status}: {answer.body[:500]!r}")
        return answer

    async def _read_body(self, head: bytes) -> bytes:
        _, has_length, rest = head.partition(b"\r\ncontent-length:")
        if has_length:
            return await self._reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
        return await self._read_chunks() if b"\r\ntransfer-encoding:" in head else b""

    async def _read_chunks(self) -> bytes:
        chunks = []
        while size := int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16):
            chunks.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return b"".join(chunks)


@asynccontextmanager
async def connected(port: int, count: int = 1) -> AsyncIterator[list[Connection]]:
    """Open connections to a server and close them at the end."""
    connections = [Connection(port) for _ in range(count)]
    for connection in connections:
        await connection.open()
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()
