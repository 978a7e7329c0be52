"""How a worker speaks to the person who started it: one short line per event, on standard error."""

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger


def configure_console() -> None:
    """Make structlog write lines such as ``12:00:01 run rampant-dogfish started (pid 123)``."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False, key="time"),
            structlog.processors.format_exc_info,
            _as_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _as_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    level = "" if event["level"] == "info" else f"{event['level']}: "
    line = f"{event['time']} {level}{event['event']}"
    return f"{line}\n{event['exception']}" if "exception" in event else line
