"""How a worker speaks to the person who started it: one short line per event, on standard error."""

import logging
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
from structlog.typing import EventDict, WrappedLogger

_MOST_LINES_WAITING = 10_000
_LAST_LINES_SECONDS = 2.0


class _Console:
    """Writes lines in a thread of its own, so that a reader who stopped reading cannot stop the worker.

    What does not fit in the meantime, or cannot be written, is dropped.
    """

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_LINES_WAITING)
        self._thread = threading.Thread(target=self._write, name="console", daemon=True)
        self._thread.start()

    def msg(self, line: str) -> None:
        """Take a line; this is the method structlog calls."""
        with suppress(queue.Full):
            self._lines.put_nowait(line)

    debug = info = warning = error = critical = msg

    def close(self) -> None:
        """Write what is left, as long as somebody reads it."""
        with suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(_LAST_LINES_SECONDS)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            with suppress(OSError, ValueError):
                self._stream.write(f"{line}\n")
                self._stream.flush()


@contextmanager
def console() -> Iterator[None]:
    """Make structlog write lines such as ``12:00:01 run rampant-dogfish started (pid 123)`` inside."""
    before = structlog.get_config()
    here = _Console()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False, key="time"),
            structlog.processors.format_exc_info,
            _as_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: here,
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        here.close()
        structlog.configure(**before)


def _as_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    level = "" if event["level"] == "info" else f"{event['level']}: "
    line = f"{event['time']} {level}{event['event']}"
    return f"{line}\n{event['exception']}" if "exception" in event else line
