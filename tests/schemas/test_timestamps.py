import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from penstock.schemas.timestamps import Timestamp

TIME = TypeAdapter(Timestamp)
MOMENT = datetime(2026, 11, 24, 9, 9, 29, 115449, tzinfo=UTC)

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FIRST_YEAR, LAST_YEAR = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2, 9999))
moments = st.datetimes(FIRST_YEAR, LAST_YEAR, timezones=offsets)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T09:09:29.115449Z",
        "2026-11-24 09:09:29.115449+00:00",
        "2026-11-24T09:09:29.115449",
        "2026-11-24T14:39:29.115449+05:30",
        "2026-11-24T07:09:29.115449-0200",
        "2026-11-24t09:09:29.115449z",
        "2026-11-24T09:09:29.115449999Z",
    ],
)
def test_every_spelling_of_a_moment_is_read(text: str) -> None:
    assert TIME.validate_python(text) == MOMENT
    assert TIME.validate_json(f'"{text}"') == MOMENT


@given(moments)
def test_what_is_written_is_read_back(moment: datetime) -> None:
    written = TIME.dump_json(moment)
    assert re.fullmatch(rb'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"', written)
    assert TIME.validate_json(written) == moment


@given(moments)
def test_values_are_kept_in_utc(moment: datetime) -> None:
    assert TIME.validate_python(moment).tzinfo is UTC
    assert TIME.validate_python(moment) == moment


def test_whole_seconds_show_six_digits() -> None:
    assert TIME.dump_json(MOMENT.replace(microsecond=0)) == b'"2026-11-24T09:09:29.000000Z"'


def test_python_output_stays_a_datetime() -> None:
    assert TIME.dump_python(MOMENT) is MOMENT


@pytest.mark.parametrize("text", ["", "soon", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TIME.validate_python(text)
