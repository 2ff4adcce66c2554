"""Why a text is not read as a date: every reading it could have, and the form to type instead."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.calendar import (
    MONTHS,
    ONE_DAY,
    WEEKDAYS,
    YEARS,
    gap_end,
    local_iso,
    month_length,
    most_recent,
    name_index,
    next_date,
    spell,
)
from mesocare.errors import DateError, OrderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, time, tzinfo

    from mesocare.parsing.date_order import Orders

LONGEST = 64
EXAMPLES = (
    "Type a date such as 2024-05-01 or 1 May 2024, with the time if you know it"
    " (2024-05-01T14:30), or: today, yesterday 15:00, 3 days ago, 5 hours ago."
)
OUT_OF_YEARS = f"lies outside the years {YEARS[0]} to {YEARS[-1]}"

_YEAR, _SHORT, _CENTURY = 4, 2, 2000  # digits of a year, of a day or month; what 24 stands for
_NUMBERS = r"\d+(?:[/. -]\d+){0,2}\.?"


class Asked(NamedTuple):
    """One text to be read: what was typed, when, where; its clock time, the order of numbers."""

    text: str
    at: datetime
    zone: tzinfo
    clock: time | None = None
    orders: Orders | None = None

    @property
    def today(self) -> date:
        """The local date of `at`."""
        return self.at.astimezone(self.zone).date()

    def refuse(self, why: str, hint: str = EXAMPLES) -> DateError:
        """Return the error that quotes the text and says why it cannot be used."""
        shown = self.text if len(self.text) <= LONGEST else self.text[:20] + "…"
        return DateError(f"{shown!r} {why}.", hint)

    def form(self, day: date) -> str:
        """Return the form to type for a day, with the clock time that was given."""
        if self.clock is None:
            return f"{day} ({spell(day)})"
        seconds = self.clock.second or self.clock.microsecond
        clock = self.clock.isoformat("auto" if seconds else "minutes")
        return f"{day}T{clock} ({spell(day)}, {clock})"

    def choose(self, days: Iterable[date], *others: str) -> str:
        """Return the hint that lists these readings."""
        forms = [self.form(day) for day in sorted(set(days))] + list(others)
        if not forms:
            return EXAMPLES
        return f"Type {'one of: ' if len(forms) > 1 else ''}{', '.join(forms)}."


def readings(triples: Iterable[Sequence[str]]) -> list[date]:
    """Return every date that year, month and day as typed can mean; 24 is the year 2024."""
    found = set()
    for year, month, day in triples:
        if len(year) not in (_YEAR, _SHORT) or {len(month), len(day)} - {1, _SHORT}:
            continue
        full = int(year) + (_CENTURY if len(year) == _SHORT else 0)
        valid_month = full in YEARS and 1 <= int(month) <= len(MONTHS)
        if valid_month and 1 <= int(day) <= month_length(int(month), full):
            found.add(date(full, int(month), int(day)))
    return sorted(found)


def calendar_date(year: int, month: int, day: int, asked: Asked) -> date:
    """Return a date from its numbers.

    Raises:
        DateError: There is no such day; the hint gives the days nearest to it.
    """
    if year not in YEARS:
        raise asked.refuse(OUT_OF_YEARS)
    if not 1 <= month <= len(MONTHS):
        hint = asked.choose(readings(permutations((f"{year}", f"{month}", f"{day}"))))
        raise asked.refuse(f"names a month {month}, and months run from 01 to 12", hint)
    length = month_length(month, year)
    if not 1 <= day <= length:
        last = date(year, month, length)
        raise asked.refuse(
            f"names a day that does not exist: {MONTHS[month - 1]} {year} has {length} days",
            asked.choose([last, last + ONE_DAY] if day else [last.replace(day=1)]),
        )
    return date(year, month, day)


def recent_date(month: int, day: int, asked: Asked) -> date:
    """Return the most recent date, up to today, of a day and month without a year.

    Raises:
        DateError: No year has that day.
    """
    if found := most_recent(month, day, asked.today):
        _check_not_ahead(found, month, day, asked)
        return calendar_date(found.year, month, day, asked)
    longest = month_length(month)
    last = most_recent(month, longest, asked.today)
    raise asked.refuse(
        f"names a day that does not exist: {MONTHS[month - 1]} has {longest} days at most",
        asked.choose([last] if last else []),
    )


def _check_not_ahead(found: date, month: int, day: int, asked: Asked) -> None:
    """Let no date a little ahead be taken for the one of last year.

    Raises:
        DateError: The next such date is nearer than the last one.
    """
    ahead = next_date(month, day, asked.today)
    if ahead is not None and ahead - asked.today < asked.today - found:
        why = "lies ahead this time, or a long way back"
        raise asked.refuse(why, asked.choose([found, ahead]))


def left_out(day: date, asked: Asked) -> DateError:
    """Return the refusal of a day that the calendar of the zone skipped."""
    why = f"names a day that never was in {asked.zone}: {spell(day)} was left out"
    return asked.refuse(why, asked.choose([day - ONE_DAY, day + ONE_DAY]))


def skipped(wall: datetime, asked: Asked) -> DateError:
    """Return the refusal of a clock time that the clocks of the zone skipped."""
    end = gap_end(wall, asked.zone)
    before, after = local_iso(end - timedelta(minutes=1), asked.zone), local_iso(end, asked.zone)
    return asked.refuse(
        f"names a clock time that never was: the clocks of {asked.zone} were put forward past"
        f" {wall.isoformat(' ')}",
        f"Type one of: {before} (the last minute before), {after} (the first after).",
    )


def future(earliest: datetime, asked: Asked) -> DateError:
    """Return the refusal of a treatment that would lie after the moment asked about."""
    start, now = (local_iso(instant, asked.zone) for instant in (earliest, asked.at))
    return asked.refuse(
        f"is in the future: it is {start} at the earliest, and the time is taken to be {now}"
        f" ({asked.zone})",
        f"Type a time up to {now}, or give a later moment with --at.",
    )


def misread(words: str, asked: Asked) -> DateError:
    """Return the refusal of lower-case words, freed of their clock time, that are no date."""
    if not words:
        days = [asked.today, asked.today - ONE_DAY]
        return asked.refuse("gives a clock time without a day", asked.choose(days))
    if re.fullmatch(_NUMBERS, words):
        return _numbers(re.findall(r"\d+", words), asked)
    first, _, rest = words.removeprefix("last ").partition(" ")
    weekday, month = name_index(first, WEEKDAYS), name_index(first, MONTHS)
    if weekday is not None and not rest:
        latest = asked.today - (asked.today.weekday() - weekday) % 7 * ONE_DAY
        hint = asked.choose([latest, latest - timedelta(weeks=1)])
        return asked.refuse("names a weekday, which comes every week", hint)
    if month is not None and re.fullmatch(r"(\d{4})?", rest):
        recent = most_recent(month + 1, 1, asked.today)
        return _month(int(rest) if rest else (recent or asked.today).year, month + 1, asked)
    return asked.refuse("cannot be read as a date")


def _month(year: int, month: int, asked: Asked) -> DateError:
    if year not in YEARS:
        return asked.refuse(OUT_OF_YEARS)
    first, last = (asked.form(date(year, month, day)) for day in (1, month_length(month, year)))
    why = f"names a month, {MONTHS[month - 1]} {year}, and no day in it"
    return asked.refuse(why, f"Type the day as well: from {first} to {last}.")


def _numbers(numbers: Sequence[str], asked: Asked) -> DateError:
    """Explain one to three bare numbers."""
    if len(numbers) == 1:
        return _single(numbers[0], asked)
    if len(numbers) > len(("month", "day")):
        return _ambiguous(readings(permutations(numbers)), asked)
    month, year = sorted(numbers, key=len)
    if len(year) == _YEAR and 1 <= int(month) <= len(MONTHS):
        return _month(int(year), int(month), asked)
    recent = [
        most_recent(int(month), int(day), asked.today)
        for month, day in permutations(numbers)
        if 1 <= int(month) <= len(MONTHS)
    ]
    return _ambiguous([day for day in recent if day], asked)


def _ambiguous(days: Sequence[date], asked: Asked) -> DateError:
    distinct = len(set(days))
    if not distinct:
        return asked.refuse("is not a date, in whatever order its numbers are read")
    if distinct == 1:
        return asked.refuse("is not in a form read as a date", asked.choose(days))
    error = asked.refuse(f"can be read as {distinct} dates", asked.choose(days))
    order = "Or say the order of all your dates: --dates day-first, month-first or year-first."
    return OrderError(error.message, f"{error.hint} {order}")


def against(order: str, days: Iterable[date], asked: Asked) -> DateError:
    """Return the refusal of a date that is none by the order in which all are meant."""
    return asked.refuse(f"is no date where all are {order}", asked.choose(days))


def _single(number: str, asked: Asked) -> DateError:
    """Explain a number alone: a day or a count, a year or a clock time, or a date run together."""
    value, today = int(number), asked.today
    if len(number) <= _SHORT:
        months = today, today.replace(day=1) - ONE_DAY
        days = [
            month.replace(day=value)
            for month in months
            if 1 <= value <= month_length(month.month, month.year)
        ]
        ago = [f"{value} days ago", f"{value} hours ago"]
        hint = asked.choose(days, *([] if asked.clock else ago))
        return asked.refuse("is a number and not a date", hint)
    if len(number) == _YEAR:
        clock = f"{number[:2]}:{number[2:]}"
        hint = f"Type the whole date, as in {number}-05-01 (1 May {number})"
        hint = hint if value in YEARS else "Type a date, as in 2024-05-01 (1 May 2024)"
        is_clock = int(number[:2]) < 24 and int(number[2:]) < 60 and not asked.clock  # noqa: PLR2004
        meant = f", or for the clock time: today {clock}, yesterday {clock}." if is_clock else "."
        return asked.refuse("is a year or a clock time, not a day", hint + meant)
    # Year first as in the basic form of ISO 8601, or last; nobody runs 2024, day, month together.
    split = len(number) - 2 * _SHORT
    first = (number[:split], number[split:-2], number[-2:])
    last = [(number[4:], *order) for order in permutations((number[:2], number[2:4]))]
    return _ambiguous(readings([first, *last]), asked)
