from datetime import UTC, datetime, timedelta

import pytest

from penstock.core.states import StateType
from penstock.schemas.run_times import estimated_run_time, estimated_start_time_delta

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("state_type", "since", "expected"),
    [
        (StateType.RUNNING, NOON - MINUTE, 65.0),
        (StateType.RUNNING, NOON + MINUTE, 5.0),
        (StateType.RUNNING, None, 5.0),
        (StateType.COMPLETED, NOON - MINUTE, 5.0),
        (None, None, 5.0),
    ],
)
def test_time_of_a_present_run_is_counted(
    state_type: StateType | None, since: datetime | None, expected: float
) -> None:
    assert estimated_run_time(5.0, state_type, since, NOON) == expected


@pytest.mark.parametrize(
    ("expected_start", "start", "state_type", "seconds"),
    [
        (NOON, NOON + MINUTE, StateType.RUNNING, 60.0),
        (NOON, NOON - MINUTE, StateType.RUNNING, 0.0),
        (NOON - MINUTE, NOON, StateType.COMPLETED, 60.0),
        (NOON - MINUTE, None, StateType.SCHEDULED, 60.0),
        (NOON + MINUTE, None, StateType.SCHEDULED, 0.0),
        (NOON - MINUTE, None, StateType.CANCELLED, 0.0),
        (NOON - MINUTE, None, None, 60.0),
        (None, NOON, StateType.RUNNING, 0.0),
    ],
)
def test_lateness(
    expected_start: datetime | None,
    start: datetime | None,
    state_type: StateType | None,
    seconds: float,
) -> None:
    assert estimated_start_time_delta(expected_start, start, state_type, NOON) == seconds
