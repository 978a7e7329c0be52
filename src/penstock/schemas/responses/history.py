"""Runs over time (orchestration.md 2.7)."""

from penstock.core.states import StateType
from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp


class HistoryResponseState(WireModel):
    """The runs of one interval that are in one state. Sums are seconds."""

    state_type: StateType | None
    state_name: str | None
    count_runs: int
    sum_estimated_run_time: float
    sum_estimated_lateness: float


class HistoryResponse(WireModel):
    """One interval; its end is not part of it."""

    interval_start: Timestamp
    interval_end: Timestamp
    states: list[HistoryResponseState]
