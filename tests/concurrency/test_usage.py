"""The arithmetic of slots, decay and waiting (orchestration.md 4.8)."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.server.database.orm_models import ConcurrencyLimit
from penstock.server.models.concurrency_limits.usage import Usage, sunk, usage_of, whole

START = datetime(2026, 1, 1, tzinfo=UTC)

counts = st.integers(0, 10_000)
decays = st.integers(1, 1000).map(lambda n: n / 8)
seconds = st.integers(0, 100_000).map(lambda n: n / 16)


def limit(**values) -> ConcurrencyLimit:
    defaults = {
        "name": "limit",
        "limit": 10,
        "active_slots": 0,
        "denied_slots": 0,
        "slot_decay_per_second": 0.0,
        "avg_slot_occupancy_seconds": 2.0,
        "counted_at": START,
    }
    row = ConcurrencyLimit(**(defaults | {k: v for k, v in values.items() if k not in ("after", "leased")}))
    row.read_at = row.counted_at + timedelta(seconds=values.get("after", 0))
    row.leased_slots = values.get("leased", 0)
    return row


@given(count=counts, decay=decays, after=seconds)
def test_what_is_shown_is_what_is_left_after_whole_slots(count, decay, after):
    usage = usage_of(limit(active_slots=count, slot_decay_per_second=decay, after=after))
    assert usage.active_slots == max(0, count - math.floor(decay * after))


@given(count=counts, decay=decays, first=seconds, second=seconds)
def test_touching_a_count_between_does_not_change_what_is_left(count, decay, first, second):
    at_once = whole(sunk(count, decay, first + second))
    assert whole(sunk(sunk(count, decay, first), decay, second)) == at_once


@given(count=counts, after=seconds)
def test_without_decay_slots_stay(count, after):
    assert usage_of(limit(active_slots=count, after=after)).active_slots == count


@given(count=counts, decay=decays, earlier=seconds, later=seconds)
def test_less_is_left_later(count, decay, earlier, later):
    earlier, later = sorted((earlier, later))
    assert sunk(count, decay, later) <= sunk(count, decay, earlier) <= count


@pytest.mark.parametrize(
    ("decay", "occupancy", "name", "after", "left"),
    [
        (1.0, 2.0, "limit", 3, 7),
        (0.0, 2.0, "limit", 6, 7),
        (0.0, 100.0, "limit", 60, 8),
        (0.0, 100.0, "tag:x", 60, 4),
        (0.0, 0.001, "limit", 0.5, 5),
    ],
)
def test_denied_slots_are_forgotten(decay, occupancy, name, after, left):
    """At the decay, else at one in the average occupancy, which is taken as 0.1 to 30 (tags: 10) seconds."""
    row = limit(
        name=name,
        denied_slots=10,
        slot_decay_per_second=decay,
        avg_slot_occupancy_seconds=occupancy,
        after=after,
    )
    assert usage_of(row).denied_slots == left


def test_a_clock_that_goes_back_gives_nothing_back():
    usage = usage_of(limit(active_slots=5, slot_decay_per_second=1.0, after=-60))
    assert usage.active_slots == 5
    assert usage.read_at == START


@pytest.mark.parametrize(
    ("changes", "mean"),
    [
        ({}, 2.0 * 1 / 10),
        ({"denied": 9.0}, 2.0 * 10 / 10),
        ({"denied": 9999.0}, 30.0),
        ({"decay_per_second": 0.5, "denied": 2.0}, 3 / 0.5),
        ({"limit": 0}, 2.0),
    ],
)
def test_the_wait_lies_around_its_mean(changes, mean):
    usage = replace(usage_of(limit()), **changes)
    waits = [usage.wait_seconds(1) for _ in range(2000)]
    assert min(waits) >= mean * 0.5 - 1e-9
    assert max(waits) <= mean * 1.5 + 1e-9
    assert sum(waits) / len(waits) == pytest.approx(mean, rel=0.1)
    assert len(set(waits)) > 1000


@given(held=st.floats(0.1, 1e6), slots=st.integers(1, 100))
def test_the_average_moves_towards_what_was_held(held, slots):
    usage: Usage = usage_of(limit())
    moved = usage.with_occupancy(slots, held).occupancy_seconds
    of_one = max(0.1, held / slots)
    assert moved == pytest.approx(2.0 + (of_one - 2.0) / 20)
