"""The civil calendar and the clock on the wall: names, month lengths, and the instants they mean.

A wall clock reading can happen once, twice (clocks put back) or never (clocks put forward), and so
can midnight. All instants are in UTC, because Python compares datetimes of one zone by wall clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

YEARS = range(1900, 3000)
ONE_DAY = timedelta(days=1)
# Not from `calendar` or `strftime`, whose names follow the locale.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_LEAP_YEAR = 2000
_SHORTEST_NAME = 3
_ONE_SECOND = timedelta(seconds=1)


def name_index(word: str, names: Sequence[str]) -> int | None:
    """Return which of the names a lower-case word is, in full or by three or more first letters.

    `weds` is Wednesday to many, and is no beginning of it.
    """
    word = word.replace("weds", "wed")
    for index, name in enumerate(names):
        if len(word) >= _SHORTEST_NAME and name.lower().startswith(word):
            return index
    return None


def spell(day: date) -> str:
    """Return a date in words that are read alike everywhere: `1 May 2024`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def month_length(month: int, year: int = _LEAP_YEAR) -> int:
    """Return how many days a month has; without a year, how many it has at most."""
    return (date(year, month % 12 + 1, 1) - ONE_DAY).day


def most_recent(month: int, day: int, today: date) -> date | None:
    """Return the last such date up to today; `None` if no year has it."""
    if not 1 <= day <= month_length(month):
        return None
    year = today.year
    while day > month_length(month, year) or date(year, month, day) > today:
        year -= 1  # up to eight times for 29 February, as 1900 and 2100 are no leap years
    return date(year, month, day)


def next_date(month: int, day: int, today: date) -> date | None:
    """Return the next such date after today; `None` if no year that is known has it."""
    for year in range(today.year, min(today.year + 9, YEARS[-1] + 1)):
        if day <= month_length(month, year) and date(year, month, day) > today:
            return date(year, month, day)
    return None


def local_iso(instant: datetime, zone: tzinfo) -> str:
    """Return the wall clock reading of an instant as people type it, to the minute or second."""
    wall = instant.astimezone(zone).replace(tzinfo=None)
    return wall.isoformat(timespec="seconds" if wall.second else "minutes")


def instants(wall: datetime, zone: tzinfo) -> list[datetime]:
    """Return the instants at which the clocks of a zone show this: one, two, or none."""
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    # The two folds differ where a reading came twice or never, and nowhere else (PEP 495).
    if first.utcoffset() == second.utcoffset():
        return [first.astimezone(UTC)]
    both = {each.astimezone(UTC) for each in (first, second)}
    return sorted(at for at in both if at.astimezone(zone).replace(tzinfo=None) == wall)


def same_reading(one: datetime, other: datetime, zone: tzinfo) -> bool:
    """Whether the clocks of a zone show the same at two instants."""
    first, second = (each.astimezone(zone).replace(tzinfo=None) for each in (one, other))
    return first == second


def gap_end(wall: datetime, zone: tzinfo) -> datetime:
    """Return the instant at which the clocks were put forward past a reading they never showed."""
    whole = wall.replace(microsecond=0, tzinfo=zone)
    # The two folds of a skipped reading lie on either side of the change (PEP 495).
    before, end = sorted(whole.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    offset = before.astimezone(zone).utcoffset()
    while end - before > _ONE_SECOND:
        middle = before + (end - before) // _ONE_SECOND // 2 * _ONE_SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            end = middle
    return end


def day_span(day: date, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """Return the first instant of a local day and the first after it; `None` if it never was."""
    start, end = _turns(day, zone)[0], _turns(day + ONE_DAY, zone)[-1]
    return (start, end) if start < end else None


def _turns(day: date, zone: tzinfo) -> list[datetime]:
    """Return the instants at which the local date turned from an earlier one to this or later.

    There are two when the clocks were put back from after midnight to before it: the evening
    before then has a second part, and ends with the second of them.
    """
    midnight = datetime.combine(day, time())
    found = instants(midnight, zone)
    if not found:
        return [gap_end(midnight, zone)]
    just_before = timedelta.resolution
    return [at for at in found if (at - just_before).astimezone(zone).date() < day] or found
