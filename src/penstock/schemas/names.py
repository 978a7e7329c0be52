"""What a name may be (workers.md 2, rules N and N+)."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from penstock.schemas.values import refuse_long_key, refuse_unstorable_text

NAME_PATTERN = r"^[^/%&><]+$"
"""Names stand in URLs and in SQL patterns, so these five characters are out."""


def _refuse_empty(value: object) -> object:
    if isinstance(value, str) and not value.strip(" '\""):
        raise ValueError("The name cannot be an empty string.")
    return value


def refuse_blank(value: str) -> str:
    """Return the text, or raise ValueError when it is only white space."""
    if not value.strip():
        raise ValueError("The name cannot be empty.")
    return value


Name = Annotated[
    str,
    StringConstraints(pattern=NAME_PATTERN),
    AfterValidator(refuse_unstorable_text),
    AfterValidator(refuse_long_key),
]
"""Rule N: one or more characters, none of ``/ % & > <``."""

NonEmptyName = Annotated[Name, BeforeValidator(_refuse_empty)]
"""Rule N+: rule N, and something other than spaces and quotes; emptiness is judged first."""
