"""Time-ordered identifiers."""

import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last_timestamp = 0


def uuid7() -> UUID:
    """Return a version 7 UUID (RFC 9562); later calls in one process sort after earlier ones.

    The 12 bits after the millisecond carry its fraction, so ids made within one
    millisecond still sort by time; two calls never share a timestamp.
    """
    global _last_timestamp
    with _lock:
        timestamp = time.time_ns() * 4096 // 1_000_000
        if timestamp <= _last_timestamp:
            timestamp = _last_timestamp + 1
        _last_timestamp = timestamp
    milliseconds, fraction = divmod(timestamp, 4096)
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= fraction << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return UUID(int=value)
