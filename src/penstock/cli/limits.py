"""A limit as it is typed: a number, or ``none``."""

from penstock.cli.errors import usage

Limit = str | None
"""A limit that may be left out (``None``), given as a number, or removed with ``"none"``."""


def parse_limit(text: str) -> int | None:
    """Return the number, or ``None`` for ``none``. Raises a usage failure for anything else."""
    if text.lower() == "none":
        return None
    if text.isdecimal():
        return int(text)
    raise usage(f"'{text}' is no limit. Give a whole number from 0 up, or none.")


def limit_words(limit: int | None) -> str:
    """Return a limit as a person says it: ``limit 4`` or ``no limit``."""
    return "no limit" if limit is None else f"limit {limit}"
