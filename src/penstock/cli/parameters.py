"""``key=value`` pairs from the command line."""

import json
from collections.abc import Sequence
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


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
