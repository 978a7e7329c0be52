"""Faults in words."""

from collections.abc import Sequence

from penstock.core.errors import Fault

MOST_TOLD = 3
"""Faults that a sentence for people names; a form gets all that were found."""


def told(faults: Sequence[Fault]) -> str:
    """Return the first faults as sentences; what is missing is told of the object it is missing from."""
    return " ".join(sentence(one) for one in faults[:MOST_TOLD])


def sentence(fault: Fault) -> str:
    """Return one fault as a sentence."""
    is_missing = bool(fault.path) and fault.message == missing(fault.path[-1])
    path = fault.path[:-1] if is_missing else fault.path
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"'{place.lstrip('.')}': {fault.message}." if place else f"{fault.message}."


def missing(name: object) -> str:
    """Return what the library says of a property that is not there."""
    return f"{name!r} is a required property"
