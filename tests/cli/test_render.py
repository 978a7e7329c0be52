"""What is shown to a person."""

from datetime import timedelta

import pytest

from penstock.cli.render import ago, cell, duration, plain, shortened, slots
from penstock.core.clock import utc_now


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0s"), (9.9, "9.9s"), (42, "42s"), (150, "2m"), (7200, "2h"), (200_000, "2d")],
)
def test_durations_use_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_times_are_told_from_now() -> None:
    assert ago(utc_now() - timedelta(minutes=10)) == "10m ago"
    assert ago(utc_now() + timedelta(hours=3, seconds=5)) == "in 3h"


@pytest.mark.parametrize(
    ("active", "limit", "text"),
    [
        (0, 4, "0 of 4"),
        (None, 4, "0 of 4"),
        (3, None, "3, no limit"),
        (None, None, "no limit"),
        (0, 0, "0 of 0"),
    ],
)
def test_slots(active: int | None, limit: int | None, text: str) -> None:
    assert slots(active, limit) == text


def test_words_of_users_are_never_read_as_markup() -> None:
    assert cell("[red]x[/red]").plain == "[red]x[/red]"
    assert cell(None).plain == "-"
    assert cell(True).plain == "yes"
    assert cell({"a": 1}).plain == '{"a": 1}'


def test_json_has_the_wire_form_of_times() -> None:
    moment = utc_now()
    assert plain({"at": moment, "all": (1, None)}) == {
        "at": moment.isoformat().replace("+00:00", "Z"),
        "all": [1, None],
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, None), ("", ""), ("a\n  b", "a b"), ("x" * 60, "x" * 60), ("x" * 61, "x" * 59 + "…")],
)
def test_long_texts_are_cut(text: str | None, expected: str | None) -> None:
    assert shortened(text) == expected
