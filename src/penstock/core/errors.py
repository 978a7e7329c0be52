"""What can go wrong, as types that carry facts rather than formatted text.

Each one has exactly one HTTP status, given in ``penstock.server.api.errors``.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place of a value: keys and indexes from the outermost on, and a sentence."""

    path: tuple[str | int, ...]
    message: str


class PenstockError(Exception):
    """The root of every error Penstock raises on purpose.

    ``faults`` are the places of a document that an error is about, where it can tell them.
    """

    faults: Sequence[Fault] = ()


class ObjectNotFoundError(PenstockError):
    """A named thing does not exist. HTTP 404.

    ``kind`` is the noun (``"Work pool"``), ``key`` the name or id that was asked for.
    """

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"{kind} '{key}' not found.")
        self.kind = kind
        self.key = key


class AlreadyExistsError(PenstockError):
    """A thing of that name is there already. HTTP 409."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"{kind} '{key}' already exists.")
        self.kind = kind
        self.key = key


class ConflictError(PenstockError):
    """The request contradicts the present state of things. HTTP 409."""

    def __init__(self, reason: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(reason)
        self.faults = faults


class InvalidInputError(PenstockError):
    """A value is not acceptable. HTTP 422. ``field`` names it, ``reason`` says why in a sentence."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ForbiddenError(PenstockError):
    """The thing is reserved and may not be changed this way. HTTP 403."""


class UnavailableError(PenstockError):
    """Something the server depends on does not answer. HTTP 503 with ``Retry-After``."""

    def __init__(self, what: str, retry_after_seconds: float = 1.0) -> None:
        super().__init__(f"{what} is not available; try again in {retry_after_seconds:g} s.")
        self.what = what
        self.retry_after_seconds = retry_after_seconds
