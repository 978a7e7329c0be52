"""What every connection to a SQLite file is given."""

from datetime import timedelta
from typing import Any

from penstock.core.clock import utc_now

BUSY_TIMEOUT_SECONDS = 30
"""How long one waits for a lock that another process holds."""

_FORMAT = "%Y-%m-%d %H:%M:%S.%f"
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = MEMORY",
)


def on_connect(connection: Any, _record: Any) -> None:
    """Prepare a new connection, of whichever driver."""
    connection.isolation_level = None
    # deterministic: evaluated once a statement, so that an index can be searched by it
    connection.create_function("penstock_now", 0, _now, deterministic=True)
    connection.create_function("penstock_seconds_before_now", 1, _seconds_before_now, deterministic=True)
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _now() -> str:
    return utc_now().strftime(_FORMAT)


def _seconds_before_now(seconds: float) -> str:
    return (utc_now() - timedelta(seconds=seconds)).strftime(_FORMAT)
