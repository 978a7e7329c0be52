"""The words that several reasons share."""

from datetime import datetime

from penstock.schemas.responses import SlotOwner

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def span(seconds: float) -> str:
    """Return a span of time in the unit that suits it."""
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def at(moment: datetime | None) -> str:
    """Return a moment as it stands in a sentence."""
    return "an unknown time" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def number(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 run``, ``3 runs``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def first_owners(owners: list[SlotOwner], occupied: int) -> str:
    """Name the first holders in half a sentence; empty when none is known."""
    named = [owner.name for owner in owners[:3] if owner.name]
    if not named:
        return ""
    more = occupied - len(named)
    return f", held by {', '.join(named)}" + (f" and {more} more" if more > 0 else "")
