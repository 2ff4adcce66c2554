"""Text people type: what is accepted and what it means, what is refused and what is offered."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mesocare.core.calendar import day_span, gap_end, instants, local_iso, next_date
from mesocare.core.timespan import Interval
from mesocare.errors import DateError, ZoneError
from mesocare.parsing.date_order import ORDERS
from mesocare.parsing.dates import parse_at, parse_treated, parse_zone

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"
SAO_PAULO = "America/Sao_Paulo"
HAVANA = "America/Havana"
APIA = "Pacific/Apia"
KATHMANDU = "Asia/Kathmandu"
ST_JOHNS = "America/St_Johns"
ZONES = [BERLIN, NEW_YORK, LORD_HOWE, SAO_PAULO, HAVANA, APIA, KATHMANDU, ST_JOHNS, "UTC"]

# A Friday, 14:00 in Berlin.
NOW = "2024-05-10T12:00Z"


def utc(text: str) -> datetime:
    """Read an instant of a table."""
    return datetime.fromisoformat(text).astimezone(UTC)


def treated(text: str, zone: str = BERLIN, at: str = NOW) -> Interval:
    """Read a treatment time as the tables give it."""
    return parse_treated(text, at=utc(at), zone=ZoneInfo(zone))


def refused(text: str, zone: str = BERLIN, at: str = NOW) -> DateError:
    """Return the refusal of a treatment time."""
    with pytest.raises(DateError) as caught:
        treated(text, zone, at)
    return caught.value


# Text, and the point in UTC, at NOW in Berlin (UTC+2 in May, UTC+1 in winter).
POINTS = [
    ("2024-05-01T14:30", "2024-05-01T12:30Z"),
    ("2024-05-01t14:30", "2024-05-01T12:30Z"),
    ("2024-05-01 14:30", "2024-05-01T12:30Z"),
    ("2024-05-01  14:30", "2024-05-01T12:30Z"),
    ("  2024-05-01T14:30  ", "2024-05-01T12:30Z"),
    ("2024-05-01\u00a014:30", "2024-05-01T12:30Z"),
    ("2024-05-01, 14:30", "2024-05-01T12:30Z"),
    ("2024-05-01 at 14:30", "2024-05-01T12:30Z"),
    ("2024-05-01T9:05", "2024-05-01T07:05Z"),
    ("2024-05-01T09:05", "2024-05-01T07:05Z"),
    ("2024-05-01T00:00", "2024-04-30T22:00Z"),
    ("2024-05-01T23:59", "2024-05-01T21:59Z"),
    ("2024-05-01T23:59:59", "2024-05-01T21:59:59Z"),
    ("2024-05-01T14:30:15", "2024-05-01T12:30:15Z"),
    ("2024-05-01T14:30:15.5", "2024-05-01T12:30:15.500000Z"),
    ("2024-05-01T14:30:15.123456", "2024-05-01T12:30:15.123456Z"),
    ("2024-05-01T14:30:15.123456789", "2024-05-01T12:30:15.123456Z"),
    ("2024-05-01T14:30Z", "2024-05-01T14:30Z"),
    ("2024-05-01t14:30z", "2024-05-01T14:30Z"),
    ("2024-05-01T14:30+00:00", "2024-05-01T14:30Z"),
    ("2024-05-01T14:30-00:00", "2024-05-01T14:30Z"),
    ("2024-05-01T14:30+02:00", "2024-05-01T12:30Z"),
    ("2024-05-01T14:30+05:45", "2024-05-01T08:45Z"),
    ("2024-05-01T14:30-05:00", "2024-05-01T19:30Z"),
    ("2024-05-01T14:30+14:00", "2024-05-01T00:30Z"),
    ("2024-05-01T14:30-12:00", "2024-05-02T02:30Z"),
    ("2024-05-01T14:30-00:44:30", "2024-05-01T15:14:30Z"),
    ("2024-05-01 14:30 +02:00", "2024-05-01T12:30Z"),
    ("2024-05-01 14:30:15.5 -05:00", "2024-05-01T19:30:15.500000Z"),
    ("2024-05-01 3pm", "2024-05-01T13:00Z"),
    ("2024-05-01 3 pm", "2024-05-01T13:00Z"),
    ("2024-05-01 3 p.m.", "2024-05-01T13:00Z"),
    ("2024-05-01 3:30pm", "2024-05-01T13:30Z"),
    ("2024-05-01 3:30 PM", "2024-05-01T13:30Z"),
    ("2024-05-01 03:30 am", "2024-05-01T01:30Z"),
    ("2024-05-01 1am", "2024-04-30T23:00Z"),
    ("2024-05-01 11pm", "2024-05-01T21:00Z"),
    ("2024-05-01 12:30pm", "2024-05-01T10:30Z"),
    ("2024-05-01 12:30am", "2024-04-30T22:30Z"),
    ("2024-05-01 12:00", "2024-05-01T10:00Z"),
    ("2024-01-15T14:30", "2024-01-15T13:30Z"),
    ("2024-02-29T14:30", "2024-02-29T13:30Z"),
    ("2023-12-31T23:59", "2023-12-31T22:59Z"),
    ("2024-01-01T00:00", "2023-12-31T23:00Z"),
    ("1900-01-01T12:00", "1900-01-01T11:00Z"),
    ("today 08:00", "2024-05-10T06:00Z"),
    ("today at 8am", "2024-05-10T06:00Z"),
    ("today 14:00", "2024-05-10T12:00Z"),
    ("TODAY 9:05", "2024-05-10T07:05Z"),
    ("yesterday 15:00", "2024-05-09T13:00Z"),
    ("Yesterday at 15:00:30", "2024-05-09T13:00:30Z"),
    ("yesterday, 3pm", "2024-05-09T13:00Z"),
    ("yesterday  at  3:30 pm", "2024-05-09T13:30Z"),
    ("3 days ago 15:00", "2024-05-07T13:00Z"),
    ("3 days ago at 15:00", "2024-05-07T13:00Z"),
    ("1 day ago 15:00", "2024-05-09T13:00Z"),
    ("0 days ago 8:00", "2024-05-10T06:00Z"),
    ("2 weeks ago at 3pm", "2024-04-26T13:00Z"),
    ("1 week ago 15:00", "2024-05-03T13:00Z"),
    # The same clock time, across the change of 31 March: calendar days.
    ("60 days ago 14:00", "2024-03-11T13:00Z"),
    # The same count of hours, across that change: elapsed time.
    ("1440 hours ago", "2024-03-11T12:00Z"),
    ("0 hours ago", "2024-05-10T12:00Z"),
    ("1 hour ago", "2024-05-10T11:00Z"),
    ("5 hours ago", "2024-05-10T07:00Z"),
    ("5  HOURS   ago", "2024-05-10T07:00Z"),
    ("48 hours ago", "2024-05-08T12:00Z"),
    ("1 minute ago", "2024-05-10T11:59Z"),
    ("90 minutes ago", "2024-05-10T10:30Z"),
    ("0 minutes ago", "2024-05-10T12:00Z"),
    ("1 May 2024 15:00", "2024-05-01T13:00Z"),
    ("1 May 2024, 15:00", "2024-05-01T13:00Z"),
    ("1 May 2024 at 3pm", "2024-05-01T13:00Z"),
    ("1 May 15:00", "2024-05-01T13:00Z"),
    ("May 1 3pm", "2024-05-01T13:00Z"),
    ("May 5 3 pm", "2024-05-05T13:00Z"),
    ("May 1st, 2024 at 9:05", "2024-05-01T07:05Z"),
    ("Wed 1 May 2024, 15:00:30", "2024-05-01T13:00:30Z"),
]

# Text, and the first and last local day it stands for, at NOW in Berlin.
DAYS = [
    ("2024-05-01", "2024-05-01"),
    (" 2024-05-01 ", "2024-05-01"),
    ("2024-02-29", "2024-02-29"),
    ("2000-02-29", "2000-02-29"),
    ("2023-12-31", "2023-12-31"),
    ("2024-01-01", "2024-01-01"),
    ("1900-01-01", "1900-01-01"),
    ("yesterday", "2024-05-09"),
    ("YESTERDAY", "2024-05-09"),
    ("1 day ago", "2024-05-09"),
    ("1 days ago", "2024-05-09"),
    ("3 days ago", "2024-05-07"),
    ("03 days ago", "2024-05-07"),
    ("10 days ago", "2024-04-30"),
    ("71 days ago", "2024-02-29"),
    ("131 days ago", "2023-12-31"),
    ("1 week ago", "2024-05-03"),
    ("2 weeks ago", "2024-04-26"),
    ("52 weeks ago", "2023-05-12"),
    ("1 May 2024", "2024-05-01"),
    ("01 May 2024", "2024-05-01"),
    ("1 MAY 2024", "2024-05-01"),
    ("1st May 2024", "2024-05-01"),
    ("1st of May 2024", "2024-05-01"),
    ("2nd May 2024", "2024-05-02"),
    ("3rd May 2024", "2024-05-03"),
    ("4th May 2024", "2024-05-04"),
    ("May 1 2024", "2024-05-01"),
    ("May 1, 2024", "2024-05-01"),
    ("May 1,2024", "2024-05-01"),
    ("May 1st, 2024", "2024-05-01"),
    ("may 1st 2024", "2024-05-01"),
    ("1 May", "2024-05-01"),
    ("May 1", "2024-05-01"),
    ("May 1st", "2024-05-01"),
    ("9 May", "2024-05-09"),
    ("31 December", "2023-12-31"),
    ("1 January", "2024-01-01"),
    ("29 Feb", "2024-02-29"),
    ("February 29", "2024-02-29"),
    ("29 February 2020", "2020-02-29"),
    ("15 Jan 2024", "2024-01-15"),
    ("15 January 2024", "2024-01-15"),
    ("15 Feb 2024", "2024-02-15"),
    ("15 Mar 2024", "2024-03-15"),
    ("15 April 2024", "2024-04-15"),
    ("15 Apr. 2024", "2024-04-15"),
    ("15 Jun 2023", "2023-06-15"),
    ("15 July 2023", "2023-07-15"),
    ("15 Aug 2023", "2023-08-15"),
    ("15 September 2023", "2023-09-15"),
    ("15 Oct 2023", "2023-10-15"),
    ("Nov 15 2023", "2023-11-15"),
    ("Dec. 15, 2023", "2023-12-15"),
    ("Wed 1 May 2024", "2024-05-01"),
    ("Wednesday, 1 May 2024", "2024-05-01"),
    ("wednesday, May 1st, 2024", "2024-05-01"),
    ("Wed. 1 May", "2024-05-01"),
    ("Thursday 9 May", "2024-05-09"),
    # What can mean only one day, in whatever order its numbers stand.
    ("05.05.2024", "2024-05-05"),
    ("31/12/2023", "2023-12-31"),
    ("12/31/2023", "2023-12-31"),
    ("29.2.2024", "2024-02-29"),
    ("2024/04/25", "2024-04-25"),
    ("2024.4.25", "2024-04-25"),
    ("25 4 2024", "2024-04-25"),
    ("20240501", "2024-05-01"),
    ("25042024", "2024-04-25"),
    # Years of two digits behind the name of a month, names cut short, and joined with signs.
    ("1 May 24", "2024-05-01"),
    ("9 May 24", "2024-05-09"),
    ("24 May 05", "2005-05-24"),
    ("Weds 1 May 2024", "2024-05-01"),
    ("Thurs 9 May", "2024-05-09"),
    ("Tues 30 April", "2024-04-30"),
    ("15 Sept 2023", "2023-09-15"),
    ("Sept. 15, 2023", "2023-09-15"),
    ("1-May-2024", "2024-05-01"),
    ("1/may/24", "2024-05-01"),
    ("1. May 2024", "2024-05-01"),
    ("on 1 May", "2024-05-01"),
    ("the 1st of May", "2024-05-01"),
    # Counts in words and units cut short.
    ("a day ago", "2024-05-09"),
    ("two days ago", "2024-05-08"),
    ("twelve days ago", "2024-04-28"),
    ("2d ago", "2024-05-08"),
    ("3 wks ago", "2024-04-19"),
    ("the day before yesterday", "2024-05-08"),
    ("day before yesterday", "2024-05-08"),
    # Full-width letters and digits are those they stand for.
    ("\uff11 May 2024", "2024-05-01"),
    ("\uff12\uff10\uff12\uff14-05-01", "2024-05-01"),
]

# What is a part of a day, at NOW in Berlin (14:00 there): its first and last instant.
PARTS = [
    ("last night", "2024-05-09T16:00Z", "2024-05-10T04:00Z"),
    ("yesterday night", "2024-05-09T16:00Z", "2024-05-10T04:00Z"),
    ("this morning", "2024-05-10T02:00Z", "2024-05-10T11:00Z"),
    ("in the morning", None, None),
    ("yesterday morning", "2024-05-09T02:00Z", "2024-05-09T11:00Z"),
    ("yesterday in the afternoon", "2024-05-09T10:00Z", "2024-05-09T17:00Z"),
    ("yesterday evening", "2024-05-09T15:00Z", "2024-05-09T22:00Z"),
    ("2024-05-01T14", "2024-05-01T12:00Z", "2024-05-01T13:00Z"),
    ("this afternoon", "2024-05-10T10:00Z", NOW),  # the rest of it is still to come
    ("this evening", None, None),
    ("2024-05-01T24", None, None),
]

# The same instant, however its clock time is written.
CLOCK_FORMS = [
    "yesterday 15:00", "yesterday at 3pm", "3pm yesterday", "15:00 yesterday", "yesterday 15h00",
    "yesterday 3.00 pm", "9 May 15:00", "15:00 on 9 May 2024", "2024-05-09T15:00",
    "9-May-2024 15:00", "20240509 15:00", "3:00 PM, 9 May 2024",
]  # fmt: skip


@pytest.mark.parametrize(("text", "earliest", "latest"), PARTS)
def test_parts_of_a_day(text: str, earliest: str | None, latest: str | None) -> None:
    """Each as wide as anybody means it, cut off at the moment asked about; others are refused."""
    if earliest is None or latest is None:
        refused(text)
        return
    found = treated(text)
    assert (found.earliest, found.latest) == (utc(earliest), utc(latest))


@pytest.mark.parametrize("text", CLOCK_FORMS)
def test_clock_times_in_any_form(text: str) -> None:
    """Before or behind the day, with a point, an h, or in halves of a day."""
    found = treated(text)
    assert found.earliest == found.latest == utc("2024-05-09T13:00Z")


@pytest.mark.parametrize(
    "text", ["yesterday noon", "yesterday at noon", "noon yesterday", "yesterday midday"]
)
def test_noon(text: str) -> None:
    """Noon is 12:00 to everybody, unlike 12 am and 12 pm."""
    assert treated(text).latest == utc("2024-05-09T10:00Z")


@pytest.mark.parametrize("text", ["36h ago", "36 hrs ago", "36 hours ago"])
def test_hours_cut_short(text: str) -> None:
    """Units as people write them."""
    assert treated(text).latest == utc(NOW) - timedelta(hours=36)


def test_now() -> None:
    """A treatment may be at this moment."""
    assert treated("now").earliest == treated("now").latest == utc(NOW)


@pytest.mark.parametrize(
    ("text", "at", "both"),
    [
        ("27 Nov", "2026-11-26T12:00Z", ["2025-11-27", "2026-11-27"]),
        ("28 November", "2026-11-26T12:00Z", ["2025-11-28", "2026-11-28"]),
        ("2 Jan", "2026-12-30T12:00Z", ["2026-01-02", "2027-01-02"]),
        ("29 Feb", "2024-02-28T12:00Z", ["2020-02-29", "2024-02-29"]),
        ("Fri 27 Nov 15:00", "2026-11-26T12:00Z", ["2025-11-27T15:00", "2026-11-27T15:00"]),
    ],
)
def test_a_day_that_lies_a_little_ahead(text: str, at: str, both: list[str]) -> None:
    """Without its year it is not taken for last year's: both are given."""
    error = refused(text, at=at)
    assert "lies ahead" in error.message
    for each in both:
        assert each in error.hint


def test_a_day_that_was_a_while_ago_needs_no_year() -> None:
    """The nearer reading is the past one."""
    found = treated("1 June", at="2026-11-26T12:00Z")
    assert found.earliest.year == 2026


# Zone, at, text, earliest, latest: the ends of days, clocks put back, and `at` inside the day.
CLOCKS = [
    # `at` inside the day cuts it off, at its first instant to a point.
    (BERLIN, NOW, "today", "2024-05-09T22:00Z", NOW),
    (BERLIN, NOW, "0 days ago", "2024-05-09T22:00Z", NOW),
    (BERLIN, NOW, "10 May", "2024-05-09T22:00Z", NOW),
    (BERLIN, NOW, "2024-05-10", "2024-05-09T22:00Z", NOW),
    (BERLIN, "2024-05-09T22:00Z", "2024-05-10", "2024-05-09T22:00Z", "2024-05-09T22:00Z"),
    (BERLIN, "2024-05-09T22:00Z", "yesterday", "2024-05-08T22:00Z", "2024-05-09T22:00Z"),
    (BERLIN, "2024-05-09T21:59Z", "2024-05-09", "2024-05-08T22:00Z", "2024-05-09T21:59Z"),
    # `today` is the local date of the zone, not that of UTC.
    (BERLIN, "2024-05-09T22:30Z", "today", "2024-05-09T22:00Z", "2024-05-09T22:30Z"),
    (NEW_YORK, "2024-05-10T02:00Z", "today", "2024-05-09T04:00Z", "2024-05-10T02:00Z"),
    (NEW_YORK, "2024-05-10T02:00Z", "yesterday", "2024-05-08T04:00Z", "2024-05-09T04:00Z"),
    (APIA, "2024-05-10T12:00Z", "today", "2024-05-10T11:00Z", "2024-05-10T12:00Z"),
    (KATHMANDU, NOW, "2024-05-01", "2024-04-30T18:15Z", "2024-05-01T18:15Z"),
    (KATHMANDU, NOW, "2024-05-01T14:30", "2024-05-01T08:45Z", "2024-05-01T08:45Z"),
    (KATHMANDU, NOW, "yesterday", "2024-05-08T18:15Z", "2024-05-09T18:15Z"),
    ("UTC", NOW, "2024-05-01", "2024-05-01T00:00Z", "2024-05-02T00:00Z"),
    ("UTC", NOW, "today", "2024-05-10T00:00Z", NOW),
    # Days of 23 and 25 hours, and of 23.5 and 24.5 on Lord Howe.
    (BERLIN, NOW, "2024-03-31", "2024-03-30T23:00Z", "2024-03-31T22:00Z"),
    (BERLIN, NOW, "2023-10-29", "2023-10-28T22:00Z", "2023-10-29T23:00Z"),
    (NEW_YORK, NOW, "2024-03-10", "2024-03-10T05:00Z", "2024-03-11T04:00Z"),
    (NEW_YORK, NOW, "2023-11-05", "2023-11-05T04:00Z", "2023-11-06T05:00Z"),
    (LORD_HOWE, NOW, "2023-10-01", "2023-09-30T13:30Z", "2023-10-01T13:00Z"),
    (LORD_HOWE, NOW, "2024-04-07", "2024-04-06T13:00Z", "2024-04-07T13:30Z"),
    # Clocks put back: both instants.
    (BERLIN, NOW, "2023-10-29T02:30", "2023-10-29T00:30Z", "2023-10-29T01:30Z"),
    (BERLIN, NOW, "2023-10-29T02:00", "2023-10-29T00:00Z", "2023-10-29T01:00Z"),
    (BERLIN, NOW, "2023-10-29T02:59:59", "2023-10-29T00:59:59Z", "2023-10-29T01:59:59Z"),
    (BERLIN, NOW, "2023-10-29T01:59", "2023-10-28T23:59Z", "2023-10-28T23:59Z"),
    (BERLIN, NOW, "2023-10-29T03:00", "2023-10-29T02:00Z", "2023-10-29T02:00Z"),
    (BERLIN, NOW, "29 October 2023 2:30 am", "2023-10-29T00:30Z", "2023-10-29T01:30Z"),
    (NEW_YORK, NOW, "2023-11-05T01:30", "2023-11-05T05:30Z", "2023-11-05T06:30Z"),
    (NEW_YORK, "2023-11-06T12:00Z", "yesterday 1:30", "2023-11-05T05:30Z", "2023-11-05T06:30Z"),
    (NEW_YORK, NOW, "2023-11-05T02:00", "2023-11-05T07:00Z", "2023-11-05T07:00Z"),
    (LORD_HOWE, NOW, "2024-04-07T01:45", "2024-04-06T14:45Z", "2024-04-06T15:15Z"),
    (LORD_HOWE, NOW, "2024-04-07T01:29", "2024-04-06T14:29Z", "2024-04-06T14:29Z"),
    (SAO_PAULO, NOW, "2019-02-16T23:30", "2019-02-17T01:30Z", "2019-02-17T02:30Z"),
    (HAVANA, NOW, "2023-11-05T00:30", "2023-11-05T04:30Z", "2023-11-05T05:30Z"),
    # A written offset settles which of the two.
    (BERLIN, NOW, "2023-10-29T02:30+02:00", "2023-10-29T00:30Z", "2023-10-29T00:30Z"),
    (BERLIN, NOW, "2023-10-29T02:30+01:00", "2023-10-29T01:30Z", "2023-10-29T01:30Z"),
    (BERLIN, NOW, "2024-03-31T02:30+01:00", "2024-03-31T01:30Z", "2024-03-31T01:30Z"),
    # What lies after `at` is cut off.
    # The second 02:30 still lies ahead, so it was the first.
    (BERLIN, "2023-10-29T01:00Z", "2023-10-29T02:30", "2023-10-29T00:30Z", "2023-10-29T00:30Z"),
    (BERLIN, "2023-10-29T00:30Z", "2023-10-29T02:30", "2023-10-29T00:30Z", "2023-10-29T00:30Z"),
    # Before and after a gap.
    (BERLIN, NOW, "2024-03-31T01:59", "2024-03-31T00:59Z", "2024-03-31T00:59Z"),
    (BERLIN, NOW, "2024-03-31T03:00", "2024-03-31T01:00Z", "2024-03-31T01:00Z"),
    # Midnight that never was: the day starts at 01:00.
    (SAO_PAULO, NOW, "2018-11-04", "2018-11-04T03:00Z", "2018-11-05T02:00Z"),
    (SAO_PAULO, NOW, "2018-11-03", "2018-11-03T03:00Z", "2018-11-04T03:00Z"),
    (HAVANA, NOW, "2024-03-10", "2024-03-10T05:00Z", "2024-03-11T04:00Z"),
    ("America/Toronto", NOW, "1919-03-31", "1919-03-31T04:30Z", "1919-04-01T04:00Z"),
    # Midnight that happened twice, on one day (Havana) and on either side of it (St John's).
    (HAVANA, NOW, "2023-11-05", "2023-11-05T04:00Z", "2023-11-06T05:00Z"),
    (HAVANA, NOW, "2023-11-04", "2023-11-04T04:00Z", "2023-11-05T04:00Z"),
    (SAO_PAULO, NOW, "2019-02-16", "2019-02-16T02:00Z", "2019-02-17T03:00Z"),
    (ST_JOHNS, NOW, "2010-11-07", "2010-11-07T02:30Z", "2010-11-08T03:30Z"),
    (ST_JOHNS, NOW, "2010-11-06", "2010-11-06T02:30Z", "2010-11-07T03:30Z"),
    # Around the day that Samoa left out.
    (APIA, NOW, "2011-12-29", "2011-12-29T10:00Z", "2011-12-30T10:00Z"),
    (APIA, NOW, "2011-12-31", "2011-12-30T10:00Z", "2011-12-31T10:00Z"),
    # Relative days across a change keep the clock; hours do not.
    (NEW_YORK, "2024-03-10T16:00Z", "yesterday 12:00", "2024-03-09T17:00Z", "2024-03-09T17:00Z"),
    (NEW_YORK, "2024-03-10T16:00Z", "24 hours ago", "2024-03-09T16:00Z", "2024-03-09T16:00Z"),
    (NEW_YORK, "2024-03-10T16:00Z", "yesterday", "2024-03-09T05:00Z", "2024-03-10T05:00Z"),
    # Year ends, and years left out.
    (NEW_YORK, "2024-01-01T04:30Z", "today", "2023-12-31T05:00Z", "2024-01-01T04:30Z"),
    (BERLIN, "2024-01-01T12:00Z", "yesterday", "2023-12-30T23:00Z", "2023-12-31T23:00Z"),
    (BERLIN, "2024-01-01T12:00Z", "31 Dec", "2023-12-30T23:00Z", "2023-12-31T23:00Z"),
    (BERLIN, "2024-01-01T12:00Z", "1 Jan", "2023-12-31T23:00Z", "2024-01-01T12:00Z"),
    ("UTC", "2999-12-31T12:00Z", "2999-12-30", "2999-12-30T00:00Z", "2999-12-31T00:00Z"),
    ("UTC", "3000-01-01T12:00Z", "2999-12-31", "2999-12-31T00:00Z", "3000-01-01T00:00Z"),
]

TWO_READINGS = ["2 dates", "2024-05-01 (1 May 2024)", "2024-01-05 (5 January 2024)"]
NO_SUCH_CLOCK = ["clock time that does not exist", "00:00 to 23:59"]
OUTSIDE = ["outside the years 1900 to 2999"]
UNREADABLE = ["cannot be read as a date", "2024-05-01", "1 May 2024", "3 days ago"]
NOT_PLAIN = ["plain English letters and digits"]

# Text, and what the message and the hint together must say, at NOW in Berlin.
REFUSED = [
    # Numbers that can be read in several ways.
    ("01/05/2024", TWO_READINGS),
    ("1-5-2024", TWO_READINGS),
    ("01.05.2024", TWO_READINGS),
    ("1 5 2024", TWO_READINGS),
    ("1,5,2024", TWO_READINGS),
    ("01-05/2024", TWO_READINGS),
    ("2024/05/01", TWO_READINGS),
    ("2024-5-1", TWO_READINGS),
    ("2024.5.1", TWO_READINGS),
    ("12.5.24", ["3 dates", "one of: 2012-05-24 (24 May 2012), 2024-05-12", "2024-12-05"]),
    ("12/05/24", ["4 dates", "2005-12-24", "2012-05-24", "2024-05-12", "2024-12-05"]),
    ("01/02/03", ["6 dates", "2001-02-03", "2003-02-01"]),
    ("29.2.2023", ["not a date, in whatever order", "Type a date such as"]),
    ("99/99/99", ["not a date, in whatever order"]),
    ("1.1.1", ["not a date, in whatever order"]),
    ("1/1/12024", ["not a date, in whatever order"]),
    ("01/05/2024 15:00", ["2024-05-01T15:00 (1 May 2024, 15:00)", "2024-01-05T15:00"]),
    ("01/05/2024 3pm", ["2024-05-01T15:00", "2024-01-05T15:00"]),
    ("1/5", ["2 dates", "2024-05-01", "2024-01-05"]),
    ("1.5.", ["2 dates", "2024-05-01", "2024-01-05"]),
    ("5/12", ["2 dates", "2023-05-12", "2023-12-05"]),
    ("31/12", ["Type 2023-12-31 (31 December 2023)."]),
    ("45/45", ["not a date, in whatever order"]),
    ("5", ["a number", "2024-05-05 (5 May 2024)", "2024-04-05", "5 days ago", "5 hours ago"]),
    ("31", ["a number", "one of: 2024-05-31 (31 May 2024), 31 days ago"]),
    ("45", ["a number", "45 days ago"]),
    ("0", ["a number", "0 days ago"]),
    ("5 15:00", ["a number", "2024-05-05T15:00", "2024-04-05T15:00"]),
    ("2024", ["a year", "2024-05-01 (1 May 2024)", "today 20:24"]),
    ("1999", ["a year", "1999-05-01 (1 May 1999)."]),
    ("1430", ["clock time", "today 14:30", "yesterday 14:30"]),
    ("01052024", TWO_READINGS),
    ("240501", ["2 dates", "2024-05-01", "2001-05-24"]),
    ("20240501T1430", UNREADABLE),
    ("1714567890", ["not a date"]),
    ("123", ["not a date"]),
    ("-5", UNREADABLE),
    ("May 1 24", ["two digits", "Type 2024-05-01 (1 May 2024)."]),
    # Days that do not exist.
    ("30 February", ["February has 29 days at most", "2024-02-29"]),
    ("February 30", ["February has 29 days at most", "2024-02-29"]),
    ("30 February 2024", ["February 2024 has 29 days", "2024-02-29", "2024-03-01"]),
    ("2024-02-30", ["February 2024 has 29 days", "2024-02-29", "2024-03-01"]),
    ("2023-02-29", ["February 2023 has 28 days", "2023-02-28", "2023-03-01"]),
    ("29 Feb 2023", ["February 2023 has 28 days", "2023-02-28", "2023-03-01"]),
    ("1900-02-29", ["February 1900 has 28 days"]),
    ("2024-04-31", ["April 2024 has 30 days", "2024-04-30", "2024-05-01"]),
    ("31 April", ["April has 30 days at most", "2024-04-30"]),
    ("0 May", ["May has 31 days at most"]),
    ("32 May 2024", ["May 2024 has 31 days", "2024-05-31", "2024-06-01"]),
    ("2023-12-32", ["December 2023 has 31 days", "2023-12-31", "2024-01-01"]),
    ("2024-05-00", ["May 2024 has 31 days", "2024-05-01"]),
    ("2024-13-01", ["month 13", "2024-01-13 (13 January 2024)"]),
    ("2024-00-10", ["month 0", "01 to 12"]),
    ("2024-02-30T14:30", ["February 2024 has 29 days", "2024-02-29T14:30", "2024-03-01T14:30"]),
    # A month, a week, or a clock time without its day.
    ("May 2024", ["no day", "from 2024-05-01 (1 May 2024) to 2024-05-31 (31 May 2024)"]),
    ("Feb 2023", ["no day", "2023-02-28"]),
    ("2024-05", ["no day", "2024-05-01", "2024-05-31"]),
    ("05/2024", ["no day", "2024-05-01", "2024-05-31"]),
    ("May", ["no day", "May 2024"]),
    ("June", ["no day", "June 2023"]),
    ("May 1800", OUTSIDE),
    ("13/2024", ["not a date"]),
    ("monday", ["weekday", "2024-05-06 (6 May 2024)", "2024-04-29"]),
    ("Fri", ["weekday", "2024-05-10 (10 May 2024)", "2024-05-03"]),
    ("last tuesday", ["weekday", "2024-05-07", "2024-04-30"]),
    ("monday 15:00", ["weekday", "2024-05-06T15:00", "2024-04-29T15:00"]),
    ("15:00", ["without a day", "2024-05-10T15:00", "2024-05-09T15:00"]),
    ("at 3pm", ["without a day", "2024-05-10T15:00"]),
    ("2024-W18", UNREADABLE),
    ("2024-W18-3", UNREADABLE),
    ("2024-122", ["not a date"]),
    # Clock times.
    ("24:00", NO_SUCH_CLOCK),
    ("25:00", NO_SUCH_CLOCK),
    ("2024-05-01T24:01", [*NO_SUCH_CLOCK, "2024-05-01T24:00"]),
    ("2024-05-01T14:60", NO_SUCH_CLOCK),
    ("2024-05-01T14:30:60", NO_SUCH_CLOCK),
    ("yesterday 25:00", NO_SUCH_CLOCK),
    ("2024-05-01T14:30+24:00", NO_SUCH_CLOCK),
    ("2024-05-01T14:30+14:01", NO_SUCH_CLOCK),
    ("2024-05-01T14:30+02:60", NO_SUCH_CLOCK),
    ("2024-05-01T14:30+0200", UNREADABLE),
    ("2024-05-01T1430", UNREADABLE),
    ("2024-05-01T", UNREADABLE),
    ("2024-05-01T14:3", UNREADABLE),
    ("2024-05-01T14:30:15.", UNREADABLE),
    ("1 May 2024T15:00", UNREADABLE),
    ("yesterday 13pm", ["am and pm go with 1 to 12"]),
    ("yesterday 0am", ["am and pm go with 1 to 12"]),
    ("yesterday 15:00 pm", ["am and pm go with 1 to 12"]),
    ("12am", ["noon", "midnight", "today 12:00", "today 00:00"]),
    ("12pm", ["noon", "midnight", "today 12:00", "today 00:00"]),
    ("yesterday 12am", ["yesterday 12:00 (noon)", "yesterday 00:00 (midnight"]),
    ("2024-05-01 12pm", ["2024-05-01 12:00 (noon)", "2024-05-01 00:00 (midnight"]),
    ("2024-05-01 12:00 pm", ["2024-05-01 12:00 (noon)", "2024-05-01 00:00 (midnight"]),
    ("5 hours ago 15:00", ["contradicts itself", "'5 hours ago' alone", "2024-05-10T15:00"]),
    ("15 hours ago 15:00", ["contradicts itself", "'15 hours ago' alone", "2024-05-09T15:00"]),
    ("5 minutes ago at 15:00", ["contradicts itself"]),
    ("yesterday 15:00+02:00", ["offset", "2024-05-09T15:00+02:00"]),
    ("1 May 15:00Z", ["offset", "2024-05-01T15:00+00:00"]),
    # The future, and years out of bounds.
    ("tomorrow", ["future", "2024-05-11T00:00 at the earliest", "to be 2024-05-10T14:00", BERLIN]),
    ("2024-05-11", ["future", "Type a time up to 2024-05-10T14:00", "--at"]),
    ("today 14:01", ["future", "2024-05-10T14:01"]),
    ("2024-05-10T14:00:01", ["future", "2024-05-10T14:00:01"]),
    ("10 May 15:00", ["future"]),
    ("2024-05-10T12:00:00.000001Z", ["future"]),
    ("11 May 2024", ["future"]),
    ("2999-12-31", ["future"]),
    ("3000-01-01", OUTSIDE),
    ("1899-12-31", OUTSIDE),
    ("0000-01-01", OUTSIDE),
    ("9999-12-31T23:59", OUTSIDE),
    ("1 May 1899", OUTSIDE),
    ("99999999999 days ago", OUTSIDE),
    ("99999999999 weeks ago", OUTSIDE),
    ("99999999999 hours ago", OUTSIDE),
    ("99999999999 minutes ago", OUTSIDE),
    ("9" * 50 + " days ago", OUTSIDE),
    ("45421 days ago", OUTSIDE),
    # Weekdays that do not fit.
    ("Thu 1 May 2024", ["1 May 2024 is a Wednesday", "2024-05-01", "2024-05-02", "2024-04-25"]),
    ("Thursday, 1 May", ["1 May 2024 is a Wednesday", "2024-05-02"]),
    # Everything else.
    ("", ["No date was given", "2024-05-01"]),
    ("   ", ["No date was given"]),
    (",", ["No date was given"]),
    ("garbage", UNREADABLE),
    ("5 bananas", UNREADABLE),
    ("5 bananas ago", UNREADABLE),
    ("in 3 days", UNREADABLE),
    ("-3 days ago", UNREADABLE),
    ("3.5 days ago", UNREADABLE),
    ("days ago", UNREADABLE),
    ("1 Mai 2024", UNREADABLE),
    ("1 Ma 2024", UNREADABLE),
    ("foo 1 May 2024", UNREADABLE),
    ("1 May 2024 foo", UNREADABLE),
    ("1 May 2024 15:00 16:00", UNREADABLE),
    ("2024-05-01 2024-05-02", UNREADABLE),
    ("2024-05-01; rm -rf /", UNREADABLE),
    ("\x1b[31m2024-05-01", [r"\x1b[31m", "cannot be read"]),
    ("2024-05-01\x00", [r"\x00", "cannot be read"]),
    ("\u0662\u0660\u0662\u0664-05-01", NOT_PLAIN),
    ("2024\u221205\u221201", NOT_PLAIN),
    ("\ud800", NOT_PLAIN),
    ("2024-05-01" + " " * 60, ["longer than the 64 characters", "2024-05-01"]),
    ("x" * 100_000, ["longer than the 64 characters"]),
]

# Zone, text, and what must be said of clock times and days that never were.
NEVER_WERE = [
    (BERLIN, "2024-03-31T02:30", ["never was", "2024-03-31T01:59", "2024-03-31T03:00"]),
    (BERLIN, "2024-03-31T02:00", ["2024-03-31T01:59", "2024-03-31T03:00"]),
    (BERLIN, "2024-03-31T02:59:59.999999", ["2024-03-31T01:59", "2024-03-31T03:00"]),
    (BERLIN, "31 March 2024 2:30 am", ["2024-03-31T01:59", "2024-03-31T03:00"]),
    (BERLIN, "40 days ago 02:30", ["2024-03-31T01:59", "2024-03-31T03:00"]),
    (NEW_YORK, "2024-03-10T02:30", ["never was", "2024-03-10T01:59", "2024-03-10T03:00"]),
    (LORD_HOWE, "2023-10-01T02:15", ["never was", "2023-10-01T01:59", "2023-10-01T02:30"]),
    (SAO_PAULO, "2018-11-04T00:30", ["never was", "2018-11-03T23:59", "2018-11-04T01:00"]),
    (SAO_PAULO, "2018-11-04T00:00", ["never was", "2018-11-03T23:59", "2018-11-04T01:00"]),
    (HAVANA, "2024-03-10T00:30", ["never was", "2024-03-09T23:59", "2024-03-10T01:00"]),
    (KATHMANDU, "1986-01-01T00:10", ["never was", "1985-12-31T23:59", "1986-01-01T00:15"]),
    (APIA, "2011-12-30T15:00", ["never was", "2011-12-29T23:59", "2011-12-31T00:00"]),
    (APIA, "2011-12-30", ["30 December 2011 was left out", "2011-12-29", "2011-12-31"]),
    (APIA, "30 Dec 2011", ["30 December 2011 was left out", "2011-12-29", "2011-12-31"]),
    ("Pacific/Kiritimati", "1994-12-31", ["left out", "1994-12-30", "1995-01-01"]),
]


@pytest.mark.parametrize(("text", "instant"), POINTS)
def test_point(text: str, instant: str) -> None:
    """A day with a clock time, or a count of hours, is one instant."""
    assert treated(text) == Interval(utc(instant), utc(instant), ZoneInfo(BERLIN))


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_whole_day(text: str, day: str) -> None:
    """A date without a clock time is the whole local day."""
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(BERLIN))
    end = start + timedelta(days=1)
    assert treated(text) == Interval(start.astimezone(UTC), end.astimezone(UTC), ZoneInfo(BERLIN))


@pytest.mark.parametrize(("zone", "at", "text", "earliest", "latest"), CLOCKS)
def test_interval(zone: str, at: str, text: str, earliest: str, latest: str) -> None:
    """An interval follows the clocks and the calendar of its zone, and ends at `at`."""
    assert treated(text, zone, at) == Interval(utc(earliest), utc(latest), ZoneInfo(zone))


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_refused(text: str, said: list[str]) -> None:
    """A refusal says what was given, why not, every reading, and what to type."""
    error = refused(text)
    for part in said:
        assert part in f"{error.message} {error.hint}"
    assert error.hint.startswith("Type ")
    assert error.message.endswith(".")
    assert repr(text)[:20].rstrip("'") in error.message or not text.strip(" ,")


@pytest.mark.parametrize(("zone", "text", "said"), NEVER_WERE)
def test_never_was(zone: str, text: str, said: list[str]) -> None:
    """A clock time or day that the clocks skipped is refused with its nearest neighbours."""
    error = refused(text, zone)
    for part in [zone, *said]:
        assert part in f"{error.message} {error.hint}"


@pytest.mark.parametrize(
    ("zone", "text"),
    [(BERLIN, text) for text, _ in REFUSED] + [(zone, text) for zone, text, _ in NEVER_WERE],
)
def test_hints_can_be_typed(zone: str, text: str) -> None:
    """Every ISO form that a hint offers is accepted."""
    hint = refused(text, zone).hint
    for form in re.findall(r"\d{4}-\d\d-\d\d(?:T[\d:]+(?:[+-]\d\d:\d\d)?)?", hint):
        assert parse_at(form, now=utc(NOW), zone=ZoneInfo(zone)).tzinfo is UTC


def test_no_year_beside_short_numbers() -> None:
    """A number of one or three digits is nobody's year."""
    assert "2005" not in refused("12.5.24").hint


def test_message_stays_short() -> None:
    """A text too long to be a date is quoted in part only."""
    assert len(refused("x" * 100_000).message) < 100


# Text, and the moment, at NOW in Berlin.
MOMENTS = [
    (" NOW ", NOW),
    ("today", "2024-05-09T22:00Z"),
    ("yesterday", "2024-05-08T22:00Z"),
    ("tomorrow", "2024-05-10T22:00Z"),
    ("tomorrow 9:00", "2024-05-11T07:00Z"),
    ("today 18:00", "2024-05-10T16:00Z"),
    ("3 days ago", "2024-05-06T22:00Z"),
    ("3 hours ago", "2024-05-10T09:00Z"),
    ("2024-05-01", "2024-04-30T22:00Z"),
    ("2024-12-24", "2024-12-23T23:00Z"),
    ("2024-12-24T18:00", "2024-12-24T17:00Z"),
    ("2024-12-24T18:00-05:00", "2024-12-24T23:00Z"),
    ("2999-12-31T23:59-14:00", "3000-01-01T13:59Z"),
    ("24 December 2024 6pm", "2024-12-24T17:00Z"),
    ("1 May", "2024-04-30T22:00Z"),
    ("2024-10-27T02:30", "2024-10-27T00:30Z"),
    ("2024-10-27T02:30+01:00", "2024-10-27T01:30Z"),
]


@pytest.mark.parametrize(("text", "instant"), MOMENTS)
def test_moment(text: str, instant: str) -> None:
    """The moment asked about is the earliest possible, and may lie ahead."""
    found = parse_at(text, now=utc(NOW), zone=ZoneInfo(BERLIN))
    assert found == utc(instant)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        (SAO_PAULO, "2018-11-04", "2018-11-04T03:00Z"),
        (HAVANA, "2024-11-03", "2024-11-03T04:00Z"),
        (ST_JOHNS, "2010-11-07", "2010-11-07T02:30Z"),
        (LORD_HOWE, "2024-04-07T01:45", "2024-04-06T14:45Z"),
    ],
)
def test_moment_first_of_several(zone: str, text: str, instant: str) -> None:
    """Where a clock time or midnight happens twice or never, the first real instant is meant."""
    assert parse_at(text, now=utc(NOW), zone=ZoneInfo(zone)) == utc(instant)


@pytest.mark.parametrize("text", ["2025-03-30T02:30", "01/05/2024", "", "3000-01-01", "nows"])
def test_moment_refused(text: str) -> None:
    """A moment that never comes or has no single reading is refused."""
    with pytest.raises(DateError):
        parse_at(text, now=utc(NOW), zone=ZoneInfo(BERLIN))


def test_fixed_zone_and_foreign_at() -> None:
    """A fixed offset is a zone too, and `at` may come in any zone; the ends are in UTC."""
    zone = timezone(timedelta(hours=7))
    found = parse_treated("today", at=utc(NOW).astimezone(ZoneInfo(NEW_YORK)), zone=zone)
    assert found == Interval(utc("2024-05-09T17:00Z"), utc(NOW), zone)
    assert found.earliest.tzinfo is found.latest.tzinfo is UTC


@pytest.mark.parametrize("name", [*ZONES, "Etc/GMT+5", "EST5EDT", "America/Port-au-Prince"])
def test_zone(name: str) -> None:
    """An IANA name is the zone of that name."""
    assert parse_zone(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Type"),
        ("Europe", "Europe/"),
        ("Europe/", "Europe/"),
        ("europe/berlin", "Europe/Berlin"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        (" Europe/Berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("../etc/passwd", "Type"),
        ("/etc/passwd", "Type"),
        ("/usr/share/zoneinfo/Europe/Berlin", "Type"),
        ("Europe/../Europe/Berlin", "Europe/Berlin"),
        ("Europe//Berlin", "Europe/Berlin"),
        ("Europe/Berlin\x00", "Europe/Berlin"),
        ("tzdata.zi", "Type"),
        ("zone.tab", "Type"),
        ("localtime", "Type"),
        ("posixrules", "Type"),
        ("right/Europe/Berlin", "Europe/Berlin"),
        ("+02:00", "Type"),
        ("\ud800", "Type"),
        ("Z" * 100_000, "Type"),
    ],
)
def test_zone_refused(name: str, said: str) -> None:
    """A name that is no zone is refused with the closest ones."""
    with pytest.raises(ZoneError) as caught:
        parse_zone(name)
    assert said in caught.value.hint
    assert repr(name[:10])[1:-1] in caught.value.message
    assert len(caught.value.message) < 200


def test_import_is_light() -> None:
    """Reading dates loads neither dateutil nor the zone database nor difflib."""
    program = (
        "import sys; from datetime import datetime, timezone as t\n"
        "from mesocare.parsing.dates import *\n"
        "for text in ['2024-05-01', '3 days ago', 'May 1 2024']:\n"
        "    parse_treated(text, at=datetime.now(t.utc), zone=t.utc)\n"
        "print(*{'dateutil', 'zoneinfo', 'difflib', 'locale', 'calendar'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


ODD_DAYS = [
    *("2010-11-06", "2010-11-07", "2011-12-30", "2018-11-04", "2019-02-16", "2023-11-05"),
    *("2024-03-10", "2024-03-31", "2024-04-07"),
]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        *((zone, day) for zone in ZONES for day in ODD_DAYS),
        ("America/Toronto", "1919-03-30"),
        ("America/Toronto", "1919-03-31"),
        ("Pacific/Kwajalein", "1969-09-30"),
        ("Pacific/Kwajalein", "1993-08-21"),
    ],
)
def test_day_by_definition(zone: str, day: str) -> None:
    """A local day spans the minutes at which the clocks of its zone show its date."""
    local, wanted = ZoneInfo(zone), date.fromisoformat(day)
    start = datetime(wanted.year, wanted.month, wanted.day, tzinfo=UTC) - timedelta(days=2)
    minutes = (start + timedelta(minutes=count) for count in range(5 * 24 * 60))
    shown = [minute for minute in minutes if minute.astimezone(local).date() == wanted]
    span = day_span(wanted, local)
    assert span == ((shown[0], shown[-1] + timedelta(minutes=1)) if shown else None)


@pytest.mark.parametrize(
    ("zone", "skipped", "end"),
    [
        *((BERLIN, f"2024-03-31T02:{text}", "2024-03-31T01:00Z")
          for text in ("00:00", "00:01", "17:23", "30:00", "30:00.5", "59:59", "59:59.999999")),
        (LORD_HOWE, "2024-10-06T02:15", "2024-10-05T15:30Z"),
        (SAO_PAULO, "2018-11-04T00:30", "2018-11-04T03:00Z"),
        (APIA, "2011-12-30T12:34:56", "2011-12-30T10:00Z"),
    ],
)  # fmt: skip
def test_gap_end(zone: str, skipped: str, end: str) -> None:
    """Any reading that was skipped leads to the instant at which the clocks were put forward."""
    found = gap_end(datetime.fromisoformat(skipped), ZoneInfo(zone))
    assert found == utc(end)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        ("2024-05-10T12:00Z", "2024-05-10T14:00"),
        ("2024-05-10T12:00:05Z", "2024-05-10T14:00:05"),
        ("2024-01-10T23:30Z", "2024-01-11T00:30"),
    ],
)
def test_local_iso(instant: str, shown: str) -> None:
    """A clock reading is written to the minute, or to the second where that says more."""
    assert local_iso(utc(instant), ZoneInfo(BERLIN)) == shown


zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
PIECES = (
    "today yesterday tomorrow now ago at of last 1 2 5 30 31 12 2024 24 99999999999 day days weeks "
    "hours minutes minute May february 1st 29 Feb wed monday , . - / : T Z + 15:00 02:30 00:00 3pm "
    "12am 3:30 pm 24:00 2024-05-01 2011-12-30 2018-11-04 2024-03-31 01/05/2024 +02:00"
)
typed = st.one_of(
    st.text(max_size=70),
    st.text("0123456789-:/. TZ+apmdysgo", max_size=30),
    st.lists(st.sampled_from(PIECES.split()), max_size=6).map(" ".join),
    st.lists(st.sampled_from(PIECES.split()), max_size=4).map("".join),
)


def outcome(text: str, at: datetime, zone: tzinfo) -> Interval | DateError:
    """Return what becomes of a text; any other exception is a fault."""
    try:
        return parse_treated(text, at=at, zone=zone)
    except DateError as error:
        return error


@given(text=typed, at=moments, zone=zones)
def test_any_text(text: str, at: datetime, zone: tzinfo) -> None:
    """Any text is an interval that ends by `at`, or a DateError with a hint."""
    found = outcome(text, at, zone)
    if isinstance(found, DateError):
        assert found.message
        assert found.hint
        return
    assert found.earliest <= found.latest <= at
    assert found.earliest.tzinfo is found.latest.tzinfo is UTC
    assert found.zone is zone
    assert parse_at(text, now=at, zone=zone) == found.earliest


@given(name=st.one_of(st.text(), st.sampled_from(ZONES[:-1]).map(str.swapcase)))
def test_any_other_zone_name(name: str) -> None:
    """Any text that is no name of a zone is a ZoneError with a hint."""
    assume(name not in available_timezones())
    with pytest.raises(ZoneError) as caught:
        parse_zone(name)
    assert caught.value.hint.startswith("Type ")


@given(at=moments, zone=zones, before=st.timedeltas(timedelta(0), timedelta(days=9000)))
def test_iso_round_trip(at: datetime, zone: tzinfo, before: timedelta) -> None:
    """An instant written with its offset is read back exactly, in whatever zone."""
    instant = at - before
    written = instant.astimezone(zone).isoformat()
    assert parse_treated(written, at=at, zone=zone) == Interval(instant, instant, zone)


@given(at=moments, zone=zones, before=st.timedeltas(timedelta(0), timedelta(days=9000)))
def test_wall_clock_round_trip(at: datetime, zone: tzinfo, before: timedelta) -> None:
    """An instant written without its offset is among those that are read back."""
    instant = at - before
    wall = instant.astimezone(zone).replace(tzinfo=None)
    found = parse_treated(wall.isoformat(), at=at, zone=zone)
    assert found.earliest <= instant <= found.latest
    assert found.earliest in instants(wall, zone)


@given(at=moments, zone=zones, before=st.timedeltas(timedelta(0), timedelta(days=9000)))
def test_date_holds_its_instants(at: datetime, zone: tzinfo, before: timedelta) -> None:
    """The date of an instant, and the count of days back to it, hold that instant."""
    instant = at - before
    local = instant.astimezone(zone).date()
    days = (at.astimezone(zone).date() - local).days
    found = parse_treated(f"{local}", at=at, zone=zone)
    assert found.earliest <= instant <= found.latest
    assert parse_treated(f"{days} days ago", at=at, zone=zone) == found


@given(at=moments, zone=zones, count=st.integers(0, 10**6))
def test_hours_are_elapsed_time(at: datetime, zone: tzinfo, count: int) -> None:
    """Hours ago are hours of real time, whatever the clocks did since."""
    if count > (at - utc("1901-01-01T00:00Z")) / timedelta(hours=1):
        return
    found = parse_treated(f"{count} hours ago", at=at, zone=zone)
    assert found.earliest == found.latest == at - timedelta(hours=count)


def test_a_day_that_no_year_has_any_more() -> None:
    """At the end of all years that are known there is no next one."""
    assert next_date(2, 29, date(2997, 3, 1)) is None
    assert next_date(2, 29, date(2024, 3, 1)) == date(2028, 2, 29)


ORDERS_BY_FORM = {
    "day-first": ("%d/%m/%Y", "%d.%m.%y", "%d-%m-%Y 14:30"),
    "month-first": ("%m/%d/%Y", "%m.%d.%y", "%m-%d-%Y 14:30"),
    "year-first": ("%Y/%m/%d", "%y.%m.%d", "%Y.%m.%d 14:30"),
}


@pytest.mark.parametrize("order", ORDERS_BY_FORM)
@given(day=st.dates(date(2001, 1, 1), date(2024, 4, 30)))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_a_settled_order_is_kept_to(order: str, day: date) -> None:
    """What is written in it is that date; an ISO date and a word are what they always are."""
    at = datetime(2024, 5, 20, 12, tzinfo=UTC)

    def read(text: str, said: str | None) -> Interval | None:
        try:
            return parse_treated(text, at=at, zone=UTC, orders=ORDERS[said] if said else None)
        except DateError:
            return None

    for form in ORDERS_BY_FORM[order]:
        text = day.strftime(form)
        found = read(text, order)
        assert found is not None, text
        assert found.earliest.date() == day
        # Without it, or by another, it is that date, refused, or openly another one.
        alone = read(text, None)
        assert alone in {None, found}
    for text in (day.isoformat(), f"{day.day} {day:%B} {day.year}"):
        assert read(text, order) == read(text, None) is not None


def test_what_is_no_date_by_the_order_is_refused() -> None:
    """Although it would be one by another: whoever says how they write may have mistyped."""
    at = datetime(2024, 5, 20, 12, tzinfo=UTC)
    for order, text in (("day-first", "05/13/2023"), ("month-first", "13/05/2023")):
        with pytest.raises(DateError) as caught:
            parse_treated(text, at=at, zone=UTC, orders=ORDERS[order])
        assert f"no date where all are {order}" in caught.value.message
        assert "2023-05-13" in caught.value.hint


def test_the_end_of_a_day_is_the_beginning_of_the_next() -> None:
    """24:00, with seconds and an offset too; no other time beyond 23:59."""
    at = datetime(2024, 5, 20, 12, tzinfo=UTC)
    for text in (
        "2024-05-01T24:00",
        "2024-05-01 24:00:00",
        "2024-05-01T24:00Z",
        "1 May 2024 24:00",
    ):
        found = parse_treated(text, at=at, zone=UTC)
        assert found.earliest == found.latest == datetime(2024, 5, 2, tzinfo=UTC)
    offset = parse_treated("2024-04-30T24:00+02:00", at=at, zone=UTC)
    assert offset.earliest == datetime(2024, 4, 30, 22, tzinfo=UTC)
