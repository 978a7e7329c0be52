"""Figures as people read them."""

from collections.abc import Iterable, Sequence
from math import isinf

from benchmarks.figures import Figure
from benchmarks.targets import Aim

HEAD = ("what", "Penstock", "compared with", "ratio", "target", "reached")


def cells(figure: Figure) -> tuple[str, ...]:
    """Return one line of the table."""
    reached = {None: "", True: "yes", False: "**no**"}[figure.is_reached]
    return (
        figure.what,
        _number(figure.ours, figure.unit),
        "" if figure.theirs is None else f"{_number(figure.theirs, figure.unit)} ({figure.reference})",
        "" if figure.ratio is None else f"{_short(figure.ratio)}×",
        _target(figure),
        reached,
    )


def line(figure: Figure) -> str:
    """Return one line of what the program prints while it measures."""
    what, ours, theirs, ratio, target, reached = cells(figure)
    aim = f"{target} {'reached' if reached == 'yes' else 'MISSED'}" if reached else ""
    return f"  {what:<72} {ours:>12} {theirs:>26} {ratio:>8}  {aim}"


def table_line(texts: Iterable[str]) -> str:
    """Return one line of a table on the page."""
    return f"| {' | '.join(texts)} |"


def table(head: Sequence[str], lines: Iterable[str]) -> str:
    """Return a table on the page."""
    return "\n".join([table_line(head), "|---" * len(head) + "|", *lines])


def _target(figure: Figure) -> str:
    target = figure.target
    wanted = target.on(figure.kind) if target else None
    if target is None or wanted is None:
        return ""
    return {
        Aim.BETTER: f"≥ {wanted:g}×",
        Aim.GROWTH: f"≤ {wanted:g}×",
        Aim.VALUE: f"≤ {wanted:g} {figure.unit}".rstrip(),
    }[target.aim]


def _number(value: float, unit: str) -> str:
    return f"{_short(value)}{unit}" if unit in {"", "/s", "%"} else f"{_short(value)} {unit}"


def _short(value: float) -> str:
    if isinf(value):
        return "∞"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
