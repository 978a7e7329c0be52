"""A door in front of PostgreSQL that counts the statements which go through it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.engine import make_url

from benchmarks.databases import Database
from benchmarks.wire import HOST

_SSL_REQUEST = 80877103
_FRAMES_OF_TRANSACTIONS = (b"BEGIN", b"COMMIT", b"ROLLBACK", b"SAVEPOINT", b"RELEASE", b";")

_CALLING = re.compile(rb"LISTEN |pg_notify\(")


@dataclass
class Counter:
    statements: int = 0


@asynccontextmanager
async def counted(database: Database) -> AsyncIterator[tuple[Database, Counter]]:
    """Give the same database by another address, at which statements are counted."""
    counter = Counter()
    url = make_url(database.url)
    socket_folder = url.query.get("host")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(socket_folder, str):
            back = await asyncio.open_unix_connection(f"{socket_folder}/.s.PGSQL.{url.port or 5432}")
        else:
            back = await asyncio.open_connection(url.host or HOST, url.port or 5432)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await asyncio.gather(_forward(reader, writer, back[1], counter), _pass_back(back[0], writer))
        writer.close()
        back[1].close()

    door = await asyncio.start_server(serve, HOST, 0)
    port = door.sockets[0].getsockname()[1]
    address = url.set(host=HOST, port=port, query={}).render_as_string(hide_password=False)
    try:
        yield Database(database.kind, address), counter
    finally:
        door.close()


async def _forward(
    reader: asyncio.StreamReader,
    answers: asyncio.StreamWriter,
    writer: asyncio.StreamWriter,
    counter: Counter,
) -> None:
    await _greet(reader, answers, writer)
    is_channel = False
    while True:
        head = await reader.readexactly(5)
        body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
        kind = head[:1]
        is_statement = kind == b"E" or (kind == b"Q" and not body.startswith(_FRAMES_OF_TRANSACTIONS))
        # servers call each other over a connection of its own, for all requests of some milliseconds
        is_channel = is_channel or (kind in b"QP" and _CALLING.search(body) is not None)
        counter.statements += is_statement and not is_channel
        writer.write(head + body)


async def _greet(
    reader: asyncio.StreamReader, answers: asyncio.StreamWriter, writer: asyncio.StreamWriter
) -> None:
    """Pass on how a connection begins; a wish for encryption is declined, or nothing could be counted."""
    while True:
        head = await reader.readexactly(8)
        if int.from_bytes(head[4:]) != _SSL_REQUEST:
            break
        answers.write(b"N")
    writer.write(head + await reader.readexactly(int.from_bytes(head[:4]) - 8))


async def _pass_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(1 << 16):
        writer.write(chunk)
    writer.close()
