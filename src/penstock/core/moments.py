"""Reckoning with moments near the ends of time: clients may name any from the year 1 to 9999."""

from datetime import UTC, datetime, timedelta

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


def moved(moment: datetime, by: timedelta) -> datetime:
    """Return the moment so much later, or earlier when negative; at most the last or first there is."""
    try:
        return moment + by
    except OverflowError:
        return EARLIEST if by < timedelta(0) else LATEST
