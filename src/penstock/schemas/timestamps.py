"""Moments in time as they travel: any ISO form in, one form out (orchestration.md 0.2, 0.3)."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, PlainSerializer, WithJsonSchema


def to_utc(value: datetime) -> datetime:
    """Return the same moment in UTC; a value without an offset is taken as UTC."""
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("The time lies outside the years 1 to 9999 when read as UTC.") from None


def to_wire(value: datetime) -> str:
    """Return ISO-8601 text in UTC with six digits of microseconds and a ``Z``."""
    return f"{to_utc(value).isoformat(timespec='microseconds')[:-6]}Z"


Timestamp = Annotated[
    datetime,
    AfterValidator(to_utc),
    PlainSerializer(to_wire, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An aware UTC datetime. Input may use ``T`` or a space and any offset."""
