"""Running the server process: the socket, the start, the announcement and the stop."""

import asyncio
import errno
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack

import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import ArgumentError
from uvicorn.loops.auto import auto_loop_factory

from penstock.cli.errors import CommandFailed, usage
from penstock.core.errors import InvalidInputError, UnavailableError
from penstock.server.app import create_app
from penstock.settings import ServerSettings

STOP_PATIENCE_SECONDS = 10
"""How long requests under way may go on after a stop signal."""

IDLE_CONNECTION_SECONDS = 75
"""How long a connection is kept on which nothing is asked.

Longer than clients keep theirs, and proxies (60 s): who of the two closes first must not be us, for a
request that is on its way then fails. Prefect's client and uvicorn both would do it after five seconds.
"""

SWITCH_SECONDS = 0.0005
"""How long a thread keeps the interpreter that another one waits for.

Whoever reads a list on SQLite does so in a thread that waits for it at every row while the loop is busy.
Python's default is ten times that.
"""

WEBSOCKET_PROTOCOL = "penstock.server.api.websocket_protocol:WebSocketProtocol"
"""uvicorn's own, but it answers the pings of who sends events when the events are written."""
ADDRESSES = "Write sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST/NAME."

LOG_LEVELS = ("debug", "info", "warning", "error")


def serve(settings: ServerSettings, announce: Callable[[int, FastAPI], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``announce`` is called with the port once requests are answered.

    Raises ``CommandFailed`` when a setting, the port or the database cannot be used.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_serve(settings, announce))


async def _serve(settings: ServerSettings, announce: Callable[[int, FastAPI], None]) -> None:
    level = settings.log_level.lower()
    if level not in LOG_LEVELS:
        raise usage(f"'{settings.log_level}' is no log level. Choose one of: {', '.join(LOG_LEVELS)}.")
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level != "debug":
        logging.getLogger("alembic").setLevel(logging.WARNING)
    listener = _bind(settings.host, settings.port)
    port = int(listener.getsockname()[1])
    async with AsyncExitStack() as stack:
        stack.callback(listener.close)
        app = await _start_app(settings, stack)
        _ignore_replayed_signals()
        await _Server(app, level, lambda: announce(port, app)).serve(sockets=[listener])


async def _start_app(settings: ServerSettings, stack: AsyncExitStack) -> FastAPI:
    try:
        app = create_app(settings)
        await stack.enter_async_context(app.router.lifespan_context(app))
    except ArgumentError as error:
        raise usage(
            f"--database-url (or PENSTOCK_DATABASE_URL) is no database address. {ADDRESSES}"
        ) from error
    except InvalidInputError as error:
        raise usage(f"--database-url (or PENSTOCK_DATABASE_URL) is not usable: {error.reason}") from error
    except UnavailableError as error:
        raise CommandFailed(
            f"{error.what} cannot be used. "
            "Check --database-url (or PENSTOCK_DATABASE_URL) and that the database runs."
        ) from error
    return app


class _Server(uvicorn.Server):
    def __init__(self, app: FastAPI, level: str, announce: Callable[[], None]) -> None:
        super().__init__(_config(app, level))
        self._app = app
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _spare_the_collector()
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.waiting_room.close()
        await super().shutdown(sockets)


def _spare_the_collector() -> None:
    """Let Python's collector leave out what was loaded at the start (see also ``cli.main``).

    Nothing is collected before: of what there is then next to nothing is garbage.
    """
    gc.freeze()


def _config(app: FastAPI, level: str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws=WEBSOCKET_PROTOCOL,
        log_config=None,
        log_level="debug" if level == "debug" else "warning",
        access_log=level == "debug",
        timeout_graceful_shutdown=STOP_PATIENCE_SECONDS,
        timeout_keep_alive=IDLE_CONNECTION_SECONDS,
    )


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandFailed(
                f"Port {port} on {host} is in use. Choose another with --port, or --port 0 for a free one."
            ) from error
        raise CommandFailed(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error
    return listener


def _ignore_replayed_signals() -> None:
    """uvicorn raises a stop signal again once it has stopped; a clean stop must not end as a failure."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
