"""Field types that keep what both databases can store, and nothing else.

PostgreSQL stores neither NUL nor half of a surrogate pair, JSON has no NaN, and its integers
have 32 bits: refused here with a sentence, not later with a broken transaction.
"""

import json
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StringConstraints,
)

LARGEST_INTEGER = 2_147_483_647
LARGEST_PRIORITY = 2_000_000_000
"""Below the largest integer, so that queues pushed down by a move still fit."""
LARGEST_LOG_LEVEL = 32_767
LONGEST_SEARCH = 10_000
LONGEST_KEY_BYTES = 1200
"""Two such texts and an id fit into one entry of an index, which PostgreSQL limits to 2704 bytes."""

Given = TypeVar("Given")


def refuse_unstorable_text(text: str) -> str:
    """Return the text, or raise ValueError when no text column can hold it."""
    if "\x00" in text:
        raise ValueError("The text must not contain NUL characters.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("The text contains half of a surrogate pair.") from None
    return text


def refuse_long_key(text: str) -> str:
    """Return the text, or raise ValueError when it is too long for an index."""
    if len(text) * 4 > LONGEST_KEY_BYTES and len(text.encode(errors="replace")) > LONGEST_KEY_BYTES:
        raise ValueError(f"The text is too long: it may have at most {LONGEST_KEY_BYTES} bytes as UTF-8.")
    return text


def encoded_size(value: Any) -> int:
    """Return the bytes of a value as compact JSON text."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode())


def refuse_unstorable(value: Given) -> Given:
    """Return the value, or raise ValueError when no JSON column can hold it."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
        text.encode()
        orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except (RecursionError, TypeError) as error:
        raise ValueError(f"The value can't be stored: {str(error).lower()}.") from None
    except UnicodeEncodeError:
        raise ValueError("The value contains half of a surrogate pair.") from None
    except ValueError:
        raise ValueError("The value contains NaN or an infinite number, or refers to itself.") from None
    if r"\u0000" in text and _contains_nul(value):
        raise ValueError("The value must not contain NUL characters.")
    return value


def _contains_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_contains_nul(key) or _contains_nul(item) for key, item in value.items())
    if isinstance(value, list | tuple | set):
        return any(_contains_nul(item) for item in value)
    return False


def refuse_null(value: Given | None) -> Given:
    """Return the value, or raise ValueError for null."""
    if value is None:
        raise ValueError("The value may not be null; leave the key out to keep what is stored.")
    return value


def _null_as_empty(value: Any) -> Any:
    return {} if value is None else value


Text = Annotated[str, AfterValidator(refuse_unstorable_text)]
"""Text a database can store."""

KeyText = Annotated[Text, AfterValidator(refuse_long_key)]
"""Text by which rows are found; it stands in an index."""

SearchText = Annotated[Text, StringConstraints(max_length=LONGEST_SEARCH)]
"""Text to look for; SQLite compares with patterns of at most 50,000 bytes."""

JsonValue = Annotated[Any, AfterValidator(refuse_unstorable)]
"""Any JSON value a database can store."""

JsonObject = Annotated[dict[str, Any], AfterValidator(refuse_unstorable)]
"""A JSON object a database can store."""

Label = StrictBool | StrictInt | StrictFloat | str

Labels = Annotated[dict[str, Label], BeforeValidator(_null_as_empty), AfterValidator(refuse_unstorable)]
"""Flat labels; null means none."""

NotNull = Annotated[Given | None, AfterValidator(refuse_null)]
"""A field of an update that may be left out but not be null."""

Limit = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
"""How many runs may hold slots at once; 0 lets none run."""

Priority = Annotated[int, Field(gt=0, le=LARGEST_PRIORITY)]
"""The place of a queue in its pool; lower goes first."""

LogLevel = Annotated[int, Field(ge=-LARGEST_LOG_LEVEL, le=LARGEST_LOG_LEVEL)]
