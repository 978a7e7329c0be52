"""How JSON columns are written and read."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def dump_json(value: Any) -> str:
    """Return JSON text; ids and times become strings."""
    return orjson.dumps(value, default=str, option=_OPTIONS).decode()


def load_json(text: str | bytes | float) -> Any:
    """Return the value of a JSON text; SQLite gives texts that are a number back as that number."""
    return text if isinstance(text, int | float) else orjson.loads(text)


def dump_ids(ids: Iterable[UUID]) -> str:
    """Return the JSON text of ids that ``is_among`` takes."""
    return dump_json([one.hex for one in ids])
