"""Dates and times, with and without zones."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import NotSerializableError
from lume_services.results.codec import comparable, decode, encode

BERLIN = ZoneInfo("Europe/Berlin")

_offsets = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)
_zones = st.none() | st.just(UTC) | _offsets | st.sampled_from([BERLIN, ZoneInfo("UTC")])
_moments = st.datetimes(timezones=_zones, allow_imaginary=True)


def back(value: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value))))


@given(_moments)
def test_datetime_round_trip(value: datetime) -> None:
    loaded = back(value)
    assert loaded.replace(tzinfo=None) == value.replace(tzinfo=None)
    assert (loaded.fold, loaded.tzinfo) == (value.fold, value.tzinfo)


@given(st.times(timezones=_zones) | st.dates() | st.timedeltas())
def test_other_round_trips(value: time | date | timedelta) -> None:
    loaded = back(value)
    assert (type(loaded), loaded) == (type(value), value)
    assert getattr(loaded, "tzinfo", None) == getattr(value, "tzinfo", None)


def test_both_sides_of_a_clock_change() -> None:
    first, second = (datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1))
    assert comparable(first) == "2024-10-27T00:30:00.000000Z"
    assert comparable(second) == "2024-10-27T01:30:00.000000Z"
    assert back(second).fold == 1


@given(st.lists(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=_offsets)))
def test_compared_text_sorts_as_time_does(values: list[datetime]) -> None:
    by_text = sorted(values, key=lambda value: str(comparable(value)))
    assert by_text == sorted(values)


@pytest.mark.parametrize(
    ("value", "compared"),
    [
        (datetime(2024, 1, 2, 3), "2024-01-02T03:00:00.000000"),
        (
            datetime(2024, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))),
            "2024-01-02T01:00:00.000000Z",
        ),
        (date(2024, 1, 2), "2024-01-02"),
        (time(3, 4), "03:04:00.000000"),
        (timedelta(hours=1, microseconds=1), 3600.000001),
    ],
)
def test_comparable(value: Any, compared: Any) -> None:
    assert comparable(value) == compared


def test_a_moment_before_the_first_year_in_utc_is_kept() -> None:
    value = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert "value" not in encode(value)
    assert back(value).tzinfo == value.tzinfo


class _Own(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(0)


def test_other_zone_classes_are_refused() -> None:
    with pytest.raises(NotSerializableError, match=r"^t has a time zone of type .*_Own; use datet"):
        encode({"t": datetime(2024, 1, 1, tzinfo=_Own())})
