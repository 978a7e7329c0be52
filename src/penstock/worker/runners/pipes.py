"""The reading end of a job's output."""

import asyncio
import os
from collections.abc import Awaitable, Callable

from penstock.worker.output import LineSplitter

_CHUNK_BYTES = 65_536
_SILENCE_SECONDS = 1.0
_LARGEST_REMAINDER_BYTES = 4 * 1024 * 1024
"""More than any pipe holds: what comes after that is written by a process that left the job."""


class OutputPipe:
    """A pipe whose lines are handed to ``take_line`` one after the other.

    Nothing is read ahead beyond a small buffer, so a slow taker blocks the writer.
    """

    def __init__(self, take_line: Callable[[str], Awaitable[None]]) -> None:
        self._take_line = take_line
        self._reader = asyncio.StreamReader(limit=_CHUNK_BYTES)
        self._read_bytes = 0
        self._is_reading = False
        self._transport: asyncio.ReadTransport | None = None
        self._pump: asyncio.Task[None] | None = None
        self._read_end, self.write_end = os.pipe()

    async def open(self) -> None:
        """Start to read; called once the writer has its copy of ``write_end``."""
        os.close(self.write_end)
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._reader),
            os.fdopen(self._read_end, "rb", buffering=0),
        )
        self._pump = asyncio.create_task(self._hand_on())

    def discard(self) -> None:
        """Close both ends of a pipe that was never opened."""
        os.close(self.write_end)
        os.close(self._read_end)

    async def drain(self) -> None:
        """Hand on what is left after the job has ended.

        Ends with the pipe, or when a process outside the job's reach holds it open, silent or writing on.
        """
        assert self._transport is not None
        assert self._pump is not None
        read_before = self._read_bytes
        try:
            while not self._pump.done():
                seen, was_reading = self._read_bytes, self._is_reading
                await asyncio.wait({self._pump}, timeout=_SILENCE_SECONDS)
                is_silent = was_reading and self._is_reading and self._read_bytes == seen
                if is_silent or self._read_bytes - read_before > _LARGEST_REMAINDER_BYTES:
                    self._transport.close()
            await self._pump
        finally:
            self._transport.close()

    async def _hand_on(self) -> None:
        splitter = LineSplitter()
        while chunk := await self._read():
            for line in splitter.feed(chunk):
                await self._take_line(line)
        for line in splitter.feed(b"", final=True):
            await self._take_line(line)

    async def _read(self) -> bytes:
        self._is_reading = True
        chunk = await self._reader.read(_CHUNK_BYTES)
        self._is_reading = False
        self._read_bytes += len(chunk)
        return chunk
