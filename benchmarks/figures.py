"""Results: one number of Penstock beside the one that it is compared with."""

from dataclasses import dataclass
from math import inf

from benchmarks.targets import TARGETS, Aim, Target

RATES = {"/s"}
"""Units of which more is better; of all others less is."""


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Args:
        key: names the target, if there is one.
        reference: what ``theirs`` is a number of.
    """

    kind: str
    what: str
    unit: str
    ours: float
    theirs: float | None = None
    reference: str = "Prefect"
    key: str = ""

    @property
    def target(self) -> Target | None:
        target = TARGETS.get(self.key)
        return target if target and target.on(self.kind) is not None else None

    @property
    def ratio(self) -> float | None:
        """How many times better Penstock is; for growth, how many times its own reference it is."""
        if self.theirs is None:
            return None
        more, less = (self.ours, self.theirs) if self._is_ours_on_top else (self.theirs, self.ours)
        if not less:
            return inf if more else None
        return more / less

    @property
    def is_reached(self) -> bool | None:
        """Whether the target is reached; None without a target or without what it is compared with."""
        target = self.target
        wanted = target.on(self.kind) if target else None
        value = self.ours if target and target.aim is Aim.VALUE else self.ratio
        if target is None or wanted is None or value is None:
            return None
        return value >= wanted if target.aim is Aim.BETTER else value <= wanted

    @property
    def _is_ours_on_top(self) -> bool:
        is_growth = self.target is not None and self.target.aim is Aim.GROWTH
        return is_growth or self.unit in RATES
