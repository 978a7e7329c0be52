"""``key=value`` pairs and times from the command line."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from penstock.cli.errors import usage


def parse_pairs(pairs: Sequence[str], flag: str) -> dict[str, Any]:
    """Return the pairs as a dict; a value that is JSON becomes what it says, anything else stays text.

    Raises a usage failure that names the flag when a pair has no ``=`` or no name.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise usage(f"{flag} '{pair}' is not understood. Write {flag} name=value.")
        values[name.strip()] = _value(text)
    return values


def parse_time(text: str, flag: str) -> datetime:
    """Return the moment a text names, by the local clock unless it says otherwise.

    Raises a usage failure that names the flag when it is no time.
    """
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise usage(
            f"{flag} '{text}' is no time. Write it like 2030-01-31T08:00 or 2030-01-31T08:00:00Z."
        ) from error


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
