"""Hiding secret values: pure functions over the data of a document."""

from collections.abc import Iterable
from typing import Any

MASK = "********"
"""What is shown in place of a secret; sent back, it means "as it was"."""

_NOTHING = object()


def hide_secrets(data: dict[str, Any], secret_fields: Iterable[str]) -> dict[str, Any]:
    """Return the data with the values of secret fields masked.

    A secret field is a path of names joined by dots, ``*`` for any name. It leads through lists
    to each of their items. Nulls stay null.
    """
    hidden: Any = data
    for path in secret_fields:
        hidden = _hide(hidden, path.split("."))
    return dict(hidden)


def keep_masked(given: Any, stored: Any) -> Any:
    """Return ``given`` with every mask replaced by what is stored in its place."""
    if given == MASK:
        return MASK if stored is _NOTHING else stored
    if isinstance(given, dict) and isinstance(stored, dict):
        return {key: keep_masked(value, stored.get(key, _NOTHING)) for key, value in given.items()}
    if isinstance(given, list) and isinstance(stored, list):
        beside = [*stored, *[_NOTHING] * len(given)]
        return [keep_masked(value, before) for value, before in zip(given, beside, strict=False)]
    return given


def _hide(value: Any, path: list[str]) -> Any:
    if not path:
        return _masked(value)
    if isinstance(value, list):
        return [_hide(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    name, rest = path[0], path[1:]
    return {key: _hide(item, rest) if name in (key, "*") else item for key, item in value.items()}


def _masked(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return MASK
