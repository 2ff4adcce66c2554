"""Hours and days, when a window closes, and how many dates lie between two instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from importlib import import_module
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesocare.core.timespan import (
    Days,
    Hours,
    Interval,
    Span,
    closing,
    day_number,
    last_closing,
    parse_span,
    turns,
)

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
ST_JOHNS = "America/St_Johns"
LORD_HOWE = "Australia/Lord_Howe"
APIA = "Pacific/Apia"
ZONES = [
    *(BERLIN, NEW_YORK, ST_JOHNS, LORD_HOWE, APIA, "UTC", "America/Sao_Paulo"),
    *("America/Havana", "Asia/Kathmandu", "Asia/Kolkata"),
]


def utc(text: str) -> datetime:
    """Read an instant of a table."""
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "span", "hours"),
    [
        ("1 h", Hours(1), 1),
        ("48 h", Hours(48), 48),
        ("9999 h", Hours(9999), 9999),
        ("1 d", Days(1), 24),
        ("7 d", Days(7), 168),
        ("203 d", Days(203), 4872),
        ("9999 d", Days(9999), 239976),
    ],
)
def test_span(text: str, span: Span, hours: int) -> None:
    """A span is read, has a nominal length, and is written as it was read."""
    assert parse_span(text) == span
    assert span.nominal_hours == hours
    assert str(span) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "h", "48", "48h", "48  h", " 48 h", "48 h ", "48 h\n", "48\th", "48\u00a0h"),
        *("0 h", "0 d", "00 h", "048 h", "-1 h", "+1 h", "1.5 h", "1,5 h", "1e3 h", "10000 h"),
        *("48 H", "7 D", "7 days", "2 w", "1 h 2 d", "P7D", "7 d7 d", "\u0664\u0668 h", "\uff17 d"),
    ],
)
def test_no_span(text: str) -> None:
    """Anything else is no span, and the refusal quotes it."""
    with pytest.raises(ValueError, match="not a duration") as caught:
        parse_span(text)
    assert repr(text) in str(caught.value)


def test_hours_are_not_days() -> None:
    """Two spans of one nominal length are not the same thing."""
    hours: Span = Hours(24)
    days: Span = Days(1)
    assert hours != days
    assert len({hours, days, Hours(24), Days(1)}) == 2


# Zone, start, span, closing for restrictions, closing for expected reactions.
CLOSINGS = [
    # Hours are elapsed time, whatever the clocks do.
    (BERLIN, "2024-03-30T14:00+01:00", "24 h", "2024-03-31T15:00+02:00", None),
    (BERLIN, "2024-10-26T14:00+02:00", "24 h", "2024-10-27T13:00+01:00", None),
    (BERLIN, "2024-10-27T02:30+02:00", "1 h", "2024-10-27T02:30+01:00", None),
    # Days keep the clock time.
    (BERLIN, "2024-03-30T14:00+01:00", "1 d", "2024-03-31T14:00+02:00", None),
    (BERLIN, "2024-10-26T14:00+02:00", "1 d", "2024-10-27T14:00+01:00", None),
    (BERLIN, "2024-05-01T00:00+02:00", "30 d", "2024-05-31T00:00+02:00", None),
    (BERLIN, "2024-05-01T14:00:00.000001+02:00", "1 d", "2024-05-02T14:00:00.000001+02:00", None),
    # Leap days, the turn of a year and of a month.
    (BERLIN, "2024-02-28T14:00+01:00", "1 d", "2024-02-29T14:00+01:00", None),
    (BERLIN, "2024-02-29T14:00+01:00", "1 d", "2024-03-01T14:00+01:00", None),
    (BERLIN, "2023-02-28T14:00+01:00", "1 d", "2023-03-01T14:00+01:00", None),
    (BERLIN, "2024-02-29T14:00+01:00", "366 d", "2025-03-01T14:00+01:00", None),
    ("UTC", "2023-12-31T23:59+00:00", "1 d", "2024-01-01T23:59+00:00", None),
    # In a gap: forward by the gap, or back by it.
    (BERLIN, "2024-03-30T02:30+01:00", "1 d", "2024-03-31T03:30+02:00", "2024-03-31T01:30+01:00"),
    (BERLIN, "2024-03-30T02:00+01:00", "1 d", "2024-03-31T03:00+02:00", "2024-03-31T01:00+01:00"),
    (BERLIN, "2024-03-30T01:59+01:00", "1 d", "2024-03-31T01:59+01:00", None),
    (BERLIN, "2024-03-30T03:00+01:00", "1 d", "2024-03-31T03:00+02:00", None),
    (NEW_YORK, "2024-03-03T02:30-05:00", "7 d", "2024-03-10T03:30-04:00", "2024-03-10T01:30-05:00"),
    (LORD_HOWE, "2024-09-29T02:15+10:30", "7 d", "2024-10-06T02:45+11:00",
     "2024-10-06T01:45+10:30"),
    ("America/Havana", "2024-03-03T00:00-05:00", "7 d", "2024-03-10T01:00-04:00",
     "2024-03-09T23:00-05:00"),
    ("America/Sao_Paulo", "2018-10-28T00:30-03:00", "7 d", "2018-11-04T01:30-02:00",
     "2018-11-03T23:30-03:00"),
    # A whole date left out.
    (APIA, "2011-12-23T15:00-10:00", "7 d", "2011-12-31T15:00+14:00", "2011-12-29T15:00-10:00"),
    # Twice: the second, or the first.
    (BERLIN, "2024-10-26T02:30+02:00", "1 d", "2024-10-27T02:30+01:00", "2024-10-27T02:30+02:00"),
    (BERLIN, "2024-10-26T02:00+02:00", "1 d", "2024-10-27T02:00+01:00", "2024-10-27T02:00+02:00"),
    (BERLIN, "2024-10-26T03:00+02:00", "1 d", "2024-10-27T03:00+01:00", None),
    (NEW_YORK, "2024-10-27T01:30-04:00", "7 d", "2024-11-03T01:30-05:00", "2024-11-03T01:30-04:00"),
    (ST_JOHNS, "2010-10-31T00:00-02:30", "7 d", "2010-11-07T00:00-03:30", "2010-11-07T00:00-02:30"),
    (LORD_HOWE, "2024-03-31T01:45+11:00", "7 d", "2024-04-07T01:45+10:30",
     "2024-04-07T01:45+11:00"),
    # From either of two clock times a day later is the same instant.
    (BERLIN, "2024-10-27T02:30+02:00", "1 d", "2024-10-28T02:30+01:00", None),
    (BERLIN, "2024-10-27T02:30+01:00", "1 d", "2024-10-28T02:30+01:00", None),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "start", "span", "late", "early"), CLOSINGS)
def test_closing(zone: str, start: str, span: str, late: str, early: str | None) -> None:
    """A window closes as late as the clocks allow, or as early where caution asks for that."""
    given_ = (utc(start), parse_span(span), ZoneInfo(zone))
    assert closing(*given_) == closing(*given_, cautious=True) == utc(late)
    assert closing(*given_, cautious=False) == utc(early or late)
    assert closing(*given_).tzinfo is UTC


def test_closing_in_a_fixed_zone() -> None:
    """A fixed offset is a zone too."""
    zone = timezone(timedelta(hours=5, minutes=30))
    assert closing(utc("2024-05-01T14:00Z"), Days(3), zone) == utc("2024-05-04T14:00Z")


# Zone, earliest and latest opening, span, the latest closing of all.
LAST_CLOSINGS = [
    # Of a known time, of hours, and where no clock changes: the closing from the latest.
    (BERLIN, "2024-05-01T14:00+02:00", "2024-05-01T14:00+02:00", "7 d", "2024-05-08T14:00+02:00"),
    (BERLIN, "2024-05-01T00:00+02:00", "2024-05-01T14:00+02:00", "7 d", "2024-05-08T14:00+02:00"),
    (BERLIN, "2026-10-25T02:30+02:00", "2026-10-25T02:10+01:00", "24 h", "2026-10-26T02:10+01:00"),
    (NEW_YORK, "2026-11-01T01:30-04:00", "2026-11-01T01:10-05:00", "24 h",
     "2026-11-02T01:10-05:00"),
    # Put back in between: the clock has shown all up to 03:00 (02:00 in New York).
    (BERLIN, "2026-10-25T02:30+02:00", "2026-10-25T02:10+01:00", "7 d", "2026-11-01T03:00+01:00"),
    (BERLIN, "2026-10-25T00:00+02:00", "2026-10-25T02:59+01:00", "7 d", "2026-11-01T03:00+01:00"),
    (BERLIN, "2026-10-25T02:30+02:00", "2026-10-25T03:00+01:00", "7 d", "2026-11-01T03:00+01:00"),
    (BERLIN, "2026-10-25T02:30+02:00", "2026-10-25T04:00+01:00", "7 d", "2026-11-01T04:00+01:00"),
    (NEW_YORK, "2026-11-01T01:30-04:00", "2026-11-01T01:10-05:00", "7 d",
     "2026-11-08T02:00-05:00"),
    # One clock time that came twice.
    (BERLIN, "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", "7 d", "2026-11-01T02:30+01:00"),
    # Put forward on the closing day: 02:59 closes at 03:59, and 03:10 at 03:10.
    (BERLIN, "2026-03-28T01:30+01:00", "2026-03-28T03:10+01:00", "1 d", "2026-03-29T04:00+02:00"),
    (BERLIN, "2026-03-28T02:59+01:00", "2026-03-28T03:00+01:00", "1 d", "2026-03-29T04:00+02:00"),
    (BERLIN, "2026-03-28T02:10+01:00", "2026-03-28T02:50+01:00", "1 d", "2026-03-29T03:50+02:00"),
    (BERLIN, "2026-03-28T01:30+01:00", "2026-03-28T04:30+01:00", "1 d", "2026-03-29T04:30+02:00"),
    (BERLIN, "2026-03-28T03:00+01:00", "2026-03-28T03:10+01:00", "1 d", "2026-03-29T03:10+02:00"),
    (NEW_YORK, "2026-03-01T01:30-05:00", "2026-03-01T03:10-05:00", "7 d",
     "2026-03-08T04:00-04:00"),
    # Put forward on the day after the closing day.
    (BERLIN, "2026-03-27T10:00+01:00", "2026-03-27T12:00+01:00", "1 d", "2026-03-28T12:00+01:00"),
    # Put back in between and forward on the closing day: 01:59 closes at 01:59, a minute before
    # the clocks go from 02:00 to 03:00.
    (NEW_YORK, "2026-11-01T01:30-04:00", "2026-11-01T01:10-05:00", "133 d",
     "2027-03-14T03:00-04:00"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "earliest", "latest", "span", "end"), LAST_CLOSINGS)
def test_last_closing(zone: str, earliest: str, latest: str, span: str, end: str) -> None:
    """A restriction ends no earlier than from any time at which the treatment can have been."""
    when = Interval(utc(earliest), utc(latest), ZoneInfo(zone))
    assert last_closing(when, parse_span(span)) == utc(end)
    assert last_closing(when, parse_span(span)).tzinfo is UTC


zones = st.sampled_from(ZONES).map(ZoneInfo)
starts = st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
usual = settings(derandomize=True, deadline=None, max_examples=500)


@usual
@given(starts, st.integers(1, 9999), zones)
def test_hours_elapse(start: datetime, count: int, zone: tzinfo) -> None:
    """A window of hours closes after that much real time in every zone."""
    for cautious in (True, False):
        assert closing(start, Hours(count), zone, cautious=cautious) - start == (
            timedelta(hours=count)
        )


@usual
@given(starts, st.integers(1, 999), zones)
def test_days_keep_the_clock_time(start: datetime, count: int, zone: tzinfo) -> None:
    """A window of days closes at the clock time of its start, unless that is skipped."""
    wanted = start.astimezone(zone).replace(tzinfo=None) + timedelta(days=count)
    late = closing(start, Days(count), zone)
    early = closing(start, Days(count), zone, cautious=False)
    shown = [each.astimezone(zone).replace(tzinfo=None) for each in (early, late)]
    assert start < early <= late
    assert shown == [wanted, wanted] or shown[0] < wanted < shown[1]


# Zone, start, instant, days.
DAY_NUMBERS = [
    (BERLIN, "2024-05-01T14:00+02:00", "2024-05-01T14:00+02:00", 0),
    (BERLIN, "2024-05-01T00:00+02:00", "2024-05-01T23:59+02:00", 0),
    (BERLIN, "2024-05-01T23:59+02:00", "2024-05-02T00:00+02:00", 1),
    (BERLIN, "2024-05-01T14:00+02:00", "2024-05-08T13:59+02:00", 7),
    (BERLIN, "2024-03-30T23:30+01:00", "2024-04-01T00:00+02:00", 2),
    (BERLIN, "2024-10-27T00:00+02:00", "2024-10-27T23:59+01:00", 0),
    (BERLIN, "2024-02-28T12:00+01:00", "2024-03-01T12:00+01:00", 2),
    (NEW_YORK, "2024-05-01T20:00-04:00", "2024-05-02T00:30-04:00", 1),
    ("UTC", "2024-05-01T20:00-04:00", "2024-05-02T00:30-04:00", 0),
    (APIA, "2011-12-29T23:00-10:00", "2011-12-31T00:00+14:00", 2),
    (ST_JOHNS, "2010-11-07T00:00-02:30", "2010-11-06T23:30-03:30", -1),
]


@pytest.mark.parametrize(("zone", "start", "at", "days"), DAY_NUMBERS)
def test_day_number(zone: str, start: str, at: str, days: int) -> None:
    """The day changes at midnight of the zone, whatever the elapsed time."""
    assert day_number(utc(start), utc(at), ZoneInfo(zone)) == days


def told(name: str) -> list[tuple[datetime, timedelta, timedelta]]:
    """Return the changes of clocks that a zone's file lists, with the offsets around each."""
    # The implementation in Python, unlike the one in C, shows what it read.
    zone: Any = import_module("zoneinfo._zoneinfo").ZoneInfo(name)
    offsets = [zone._tti_before.utcoff if zone._tti_before else timedelta()]
    offsets += [each.utcoff for each in zone._ttinfos]
    instants = (datetime.fromtimestamp(at, UTC) for at in zone._trans_utc)
    each = zip(instants, offsets, offsets[1:], strict=False)
    return [(at, before, after) for at, before, after in each if before != after]


def test_every_change_of_clocks_is_seen() -> None:
    """In every zone, beside what its file says; they are far enough apart to be looked for so."""
    listed = {name: told(name) for name in sorted(available_timezones())}
    assert sum(map(len, listed.values())) > 10_000
    one_of_each = {tuple(changes): name for name, changes in listed.items() if changes}
    for changes, name in one_of_each.items():
        apart = [after[0] - before[0] for before, after in pairwise(changes)]
        assert not apart or min(apart) > timedelta(days=3), name
        begin, end = datetime(1980, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
        end = max(begin, min(end, changes[-1][0] + timedelta(hours=1)))
        expected = [each for each in changes if begin < each[0] <= end]
        assert list(turns(begin, end, ZoneInfo(name))) == expected, name
