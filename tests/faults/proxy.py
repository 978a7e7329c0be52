"""A way to a server that can be cut, stalled, or made deaf in one direction."""

import asyncio
from contextlib import suppress
from enum import StrEnum


class Way(StrEnum):
    """What becomes of what is sent over the way."""

    OPEN = "open"
    CUT = "cut"
    STALLED = "stalled"
    NO_ANSWERS = "no answers"


class Proxy:
    """A TCP proxy on 127.0.0.1; what was stalled is delivered when the way opens again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._way = Way.OPEN
        self._opened = asyncio.Event()
        self._opened.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> str:
        """Listen; returns the address of the API as it is seen through the proxy."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/api"

    def turn(self, way: Way) -> None:
        """Change the way; a cut ends what is connected."""
        self._way = way
        if way is Way.OPEN:
            self._opened.set()
        else:
            self._opened.clear()
        if way is Way.CUT:
            for writer in self._writers:
                writer.close()

    async def close(self) -> None:
        """End all connections and listen no more."""
        self.turn(Way.CUT)
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        with suppress(OSError, asyncio.CancelledError):
            if self._way is not Way.CUT:
                await self._carry(reader, writer)
        writer.close()
        self._writers.discard(writer)
        self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers.add(back)
        try:
            await asyncio.gather(
                self._pump(reader, back, {Way.STALLED}),
                self._pump(there, writer, {Way.STALLED, Way.NO_ANSWERS}),
            )
        finally:
            back.close()
            self._writers.discard(back)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, stops: set[Way]) -> None:
        while data := await source.read(65536):
            while self._way in stops:
                await self._opened.wait()
            sink.write(data)
            await sink.drain()
        sink.close()
