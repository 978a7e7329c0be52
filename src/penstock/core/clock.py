"""The one place where this process asks what time it is."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current time as an aware UTC datetime with microseconds."""
    return datetime.now(UTC)
