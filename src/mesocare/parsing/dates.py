"""Text people type, read as the interval of a treatment, as a moment, or as a time zone.

Only text with a single reading is accepted; anything else is refused with every reading it could
have and what to type instead. The month names are our own: a parser that guesses would have to be
guarded so strictly that nothing is left for it to do, and the system's names follow its locale.

Python compares two datetimes of one zone by wall clock, so every comparison here is made in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import TYPE_CHECKING

from mesocare.core.calendar import (
    MONTHS,
    ONE_DAY,
    WEEKDAYS,
    YEARS,
    day_span,
    instants,
    name_index,
    same_reading,
    spell,
)
from mesocare.core.timespan import Interval
from mesocare.errors import DateError, ZoneError
from mesocare.parsing.date_errors import (
    EXAMPLES,
    LONGEST,
    OUT_OF_YEARS,
    Asked,
    against,
    calendar_date,
    future,
    left_out,
    misread,
    readings,
    recent_date,
    skipped,
)

if TYPE_CHECKING:
    from mesocare.parsing.date_order import Orders

_NOON = 12
_WIDEST_OFFSET = timedelta(hours=14)
_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": ONE_DAY,
    "week": timedelta(weeks=1),
}
_DAYS_BACK = {"today": 0, "yesterday": 1, "tomorrow": -1}

# Which hour each part of a day begins at, and how many it lasts, as wide as anybody means it.
_PARTS = {"morning": (4, 9), "afternoon": (12, 7), "evening": (17, 7), "night": (18, 12)}
_PART = (
    r"(?:in )?(?P<day>this|last|yesterday|today)(?: in)?(?: the)?"
    r" (?P<part>morning|afternoon|evening|night)"
)
_ISO_HOUR = r"(\d{4})-(\d\d)-(\d\d)t(\d\d)"
_LAST_HOUR = 23
_CENTURY = 2000
_RUN = r"\d{8}"
_NO_YEAR = r"(\d\d?)[/.-](\d\d?)\.?"
# The end of a day, by ISO 8601 and in many programs: the midnight at which the next begins.
_DAYS_END = r"24:00(?::00(?:\.0+)?)?(?:\s?(?:z|[+-]\d\d:\d\d(?::\d\d)?))?"
_ISO = r"(?a)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d)?"
_ISO_DATE = r"(\d{4})-(\d\d)-(\d\d)"
_AGO = r"(\d+) (minute|hour|day|week)s? ago"
_CLOCK = r"""(?x)(?P<day>.*?) (?: ^ | (?<=-\d\d)t | \s ) (?:at\s)? (?P<clock>
        (?=\d\d?(?::|\s?[ap]\.?m))
        (?P<hour>\d\d?)
        (?: :(?P<minute>\d\d) (?: :(?P<second>\d\d) (?:\.(?P<fraction>\d{1,9}))? )? )?
        (?:\s?(?P<half>[ap])\.?m\.?)?
        (?:\s?(?P<offset>z|[+-]\d\d:\d\d(?::\d\d)?))? )"""
_SPELLED = r"""(?x)(?:(?P<weekday>[a-z]+)\.?\s)?
        (?: (?P<day>\d\d?)(?:st|nd|rd|th)?\s(?:of\s)?(?P<month>[a-z]+)\.?
          | (?P<month_first>[a-z]+)\.?\s(?P<day_last>\d\d?)(?:st|nd|rd|th)? )
        (?:\s(?P<year>\d{4}|\d\d))?"""


def parse_treated(
    text: str, *, at: datetime, zone: tzinfo, orders: Orders | None = None
) -> Interval:
    """Read when a treatment took place.

    A date without a clock time is that whole local day, from its first instant to the first of
    the next; a clock time that the day had twice is both instants; all else is one instant. What
    lies after `at` is cut off, for a treatment cannot lie ahead.

    Args:
        text: For example `2024-05-01`, `1 May 3pm`, `yesterday 15:00`, `3 days ago`,
            `5 hours ago`. Days and weeks are calendar dates, hours and minutes elapsed time. A
            year left out is the most recent one in which the date is not after today.
        at: The moment asked about, aware; what "ago" and "today" count from.
        zone: Where clock times are read and calendar days counted. A written offset
            (`2024-05-01T14:30+02:00`) fixes the instant; the days are still those of `zone`.
        orders: In which order the numbers of a date are meant, if that is settled.

    Raises:
        DateError: The text has no single reading, names a date or clock time that never was, or
            lies after `at`.
    """
    asked = Asked(text, at.astimezone(UTC), zone, orders=orders)
    earliest, latest = _span(asked)
    if earliest > asked.at:
        raise future(earliest, asked)
    if latest > asked.at:
        # Of a clock time that comes twice the second is still ahead; of a day, the rest of it.
        latest = earliest if same_reading(earliest, latest, zone) else asked.at
    return Interval(earliest, latest, zone)


def parse_at(text: str, *, now: datetime, zone: tzinfo, orders: Orders | None = None) -> datetime:
    """Read the moment a question is about, in UTC; it may lie in the future.

    Takes what `parse_treated` takes, and `now`. Where the text leaves room, it is the earliest
    possible instant, so that no restriction is lifted early: a date is its first instant, a
    clock time that the day has twice is the first of the two.

    Raises:
        DateError: The text has no single reading, or names a date or clock time that never was.
    """
    asked = Asked(text, now.astimezone(UTC), zone, orders=orders)
    return asked.at if text.strip().lower() == "now" else _span(asked)[0]


def parse_ahead(
    text: str, *, now: datetime, zone: tzinfo, orders: Orders | None = None
) -> Interval:
    """Read when a treatment will take place; a date without a time is that whole day.

    Takes what `parse_at` takes. What lies before `now` is cut off.

    Raises:
        DateError: The text has no single reading, names a time that never is, or one that is past.
    """
    first, last = _span(Asked(text, now.astimezone(UTC), zone, orders=orders))
    if last <= now:
        raise DateError(f"{text!r} is past.", "Give the date with its year: 2027-01-20T10:00")
    return Interval(max(first, now.astimezone(UTC)), last, zone)


def parse_zone(name: str) -> tzinfo:
    """Return the time zone of an IANA name such as `Europe/Berlin`, in exactly that spelling.

    Raises:
        ZoneError: There is no such zone; the hint gives the closest names.
    """
    import zoneinfo

    # Lower-case parts are files beside the zones: `localtime`, `posix/…`, and `right/…`, whose
    # clocks count leap seconds.
    if all(part[:1].isupper() for part in name.split("/")):
        try:
            return zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            pass  # an unknown name, no proper name, or a folder: told apart by nobody
    given = name if len(name) <= LONGEST else name[:LONGEST] + "…"
    close = _close_zones(given.strip().lower().replace(" ", "_"))
    hint = f"Type one of: {', '.join(close)}." if close else "Type a name such as Asia/Bangkok."
    raise ZoneError(f"{given!r} is not the name of a time zone.", hint)


def _close_zones(wanted: str) -> list[str]:
    """Return the zones whose name, or city, is the wanted one but for a letter or two.

    For a continent some of its zones. A column may hold any number of different names that are
    none, so each takes no more than a few lookups.
    """
    near = _zones_by_what_is_left()
    last_two = "/".join(wanted.rsplit("/", 2)[-2:])
    tried = [*_left(wanted), *_left(last_two), *_left(last_two.rpartition("/")[2])]
    found = [zone for left in tried if left for zone in near.get(left, ())]
    return list(dict.fromkeys([*found, *near.get(wanted.rstrip("/") + "/", ())]))[:4]


@cache
def _zones_by_what_is_left() -> dict[str, list[str]]:
    """Return the zones by their names and cities, and by what each is without one letter."""
    import zoneinfo

    near: dict[str, list[str]] = {}
    for zone in sorted(each for each in zoneinfo.available_timezones() if each[0].isupper()):
        continent, slash, city = zone.lower().rpartition("/")
        for left in {*_left(zone.lower()), *_left(city), continent + slash}:
            near.setdefault(left, []).append(zone)
    return near


def _left(name: str) -> list[str]:
    return [name, *(name[:n] + name[n + 1 :] for n in range(len(name)))]


def _span(asked: Asked) -> tuple[datetime, datetime]:
    """Return the first and the last instant meant, in UTC."""
    if part := _part_of_day(asked):
        return part
    day, clock = _read(asked)
    if clock is None:
        if span := day_span(day, asked.zone):
            return span
        raise left_out(day, asked)
    wall = datetime.combine(day, clock)
    if wall.tzinfo:
        return wall.astimezone(UTC), wall.astimezone(UTC)
    if found := instants(wall, asked.zone):
        return found[0], found[-1]
    raise skipped(wall, asked)


def _plain(text: str) -> str:
    """Return a text in the form that is read; in ISO 8601, as most are, it is plain already."""
    if re.fullmatch(_ISO, text):
        return text.lower()
    from mesocare.parsing.date_words import plain

    return plain(text)


def _part_of_day(asked: Asked) -> tuple[datetime, datetime] | None:
    """Return the ends of a part of a day, such as last night, or of an hour of ISO 8601.

    Each is taken as wide as anybody would mean it.
    """
    words = _plain(asked.text) if len(asked.text) <= LONGEST else ""
    if hour := re.fullmatch(_ISO_HOUR, words):
        day = calendar_date(int(hour[1]), int(hour[2]), int(hour[3]), asked)
        if int(hour[4]) > _LAST_HOUR:
            return None
        first = datetime.combine(day, time(int(hour[4])))
        walls = first, first + timedelta(hours=1)
    elif found := re.fullmatch(_PART, words):
        name = found["part"]
        back = _DAYS_BACK.get(found["day"], 1 if found["day"] == "last" else 0)
        start, length = _PARTS[name]
        first = datetime.combine(asked.today - back * ONE_DAY, time(start))
        walls = first, first + timedelta(hours=length)
    else:
        return None
    ends = [instants(wall, asked.zone) for wall in walls]
    if not ends[0] or not ends[1]:
        raise skipped(walls[0 if not ends[0] else 1], asked)
    return ends[0][0], ends[1][-1]


def _read(asked: Asked) -> tuple[date, time | None]:
    """Return the day meant and the clock time, if one was given; exact instants are in UTC."""
    words = _plain(asked.text) if len(asked.text) <= LONGEST else asked.text
    if len(asked.text) > LONGEST:
        raise asked.refuse(f"is longer than the {LONGEST} characters that are read as a date")
    if not words:
        raise DateError("No date was given.", EXAMPLES)
    if not words.isascii():
        raise asked.refuse("holds characters other than plain English letters and digits")
    later = ONE_DAY * 0
    if clock := re.fullmatch(_CLOCK, words):
        words = clock["day"]
        if words and re.fullmatch(_DAYS_END, clock["clock"]):
            later = ONE_DAY
            asked = asked._replace(clock=time(0, 0, 0, 0, _offset(clock["offset"])))
        else:
            asked = asked._replace(clock=_clock(clock, asked))
    if iso := re.fullmatch(_ISO_DATE, words):
        day = calendar_date(int(iso[1]), int(iso[2]), int(iso[3]), asked)
        return _later(day, later, asked), asked.clock
    found = _relative(words, asked) or _spelled(words, asked) or _numeric(words, asked)
    if isinstance(found, datetime):
        return found.date(), found.timetz()
    if found is None:
        raise misread(words, asked)
    if asked.clock and asked.clock.tzinfo:
        raise asked.refuse("has an offset, which goes with an ISO date only", asked.choose([found]))
    return _later(found, later, asked), asked.clock


def _later(day: date, by: timedelta, asked: Asked) -> date:
    """Return a day, or the next one where it was told by its end, 24:00."""
    if by and day >= date(YEARS[-1], 12, 31):
        raise asked.refuse(OUT_OF_YEARS)
    return day + by


def _clock(found: re.Match[str], asked: Asked) -> time:
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    if found["half"]:
        if hour == _NOON and not minute and not second:
            day = found["day"] or "today"
            raise asked.refuse(
                "is noon to some people and midnight to others",
                f"Type one of: {day} 12:00 (noon), {day} 00:00 (midnight, as that day begins).",
            )
        if not 1 <= hour <= _NOON:
            raise asked.refuse("has a clock time that does not exist: am and pm go with 1 to 12")
        hour = hour % _NOON + _NOON * (found["half"] == "p")
    try:
        microsecond = int((found["fraction"] or "")[:6].ljust(6, "0"))
        return time(hour, minute, second, microsecond, _offset(found["offset"]))
    except ValueError:
        raise asked.refuse(
            "has a clock time that does not exist: they run from 00:00 to 23:59, offsets to 14:00",
            "Type the time as in 2024-05-01T14:30; for midnight at a day's end, 2024-05-01T24:00.",
        ) from None


def _offset(text: str | None) -> tzinfo | None:
    """Return a written offset; a ValueError says that there is none such."""
    if text is None or text == "z":
        return UTC if text else None
    # Not `time.fromisoformat`, which takes 24:00 for 00:00 in later releases of Python.
    hours, minutes, seconds = (int(part) for part in f"{text[1:]}:0".split(":")[:3])
    time(0, minutes, seconds)  # a ValueError from 60 on
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if offset > _WIDEST_OFFSET:
        raise ValueError(text)
    return timezone(-offset if text[0] == "-" else offset)


def _relative(words: str, asked: Asked) -> date | None:
    """Read a day or, as a datetime in UTC, an instant that is told by its distance from `at`."""
    if words == "now":
        return asked.at
    if words in _DAYS_BACK:
        return asked.today - _DAYS_BACK[words] * ONE_DAY
    if not (ago := re.fullmatch(_AGO, words)):
        return None
    count, unit = int(ago[1]), _UNITS[ago[2]]
    if count > (asked.today - date(YEARS[0], 1, 1)) // unit:
        raise asked.refuse(OUT_OF_YEARS)
    if unit >= ONE_DAY:
        return asked.today - count * unit
    instant = asked.at - count * unit
    if asked.clock is None:
        return instant
    raise asked.refuse(
        "contradicts itself: it counts back to one instant and then gives a clock time",
        f"Type {words!r} alone, or {asked.form(instant.astimezone(asked.zone).date())}.",
    )


def _spelled(words: str, asked: Asked) -> date | None:
    """Read a date with the name of its month; `None` if the words are of another form."""
    found = re.fullmatch(_SPELLED, words)
    month = name_index(found["month"] or found["month_first"], MONTHS) if found else None
    weekday = name_index(found["weekday"], WEEKDAYS) if found and found["weekday"] else None
    if not found or month is None or (found["weekday"] and weekday is None):
        return None
    number, year = found["day"] or found["day_last"], found["year"]
    if not year:
        day = recent_date(month + 1, int(number), asked)
    elif len(year) == len("2024"):
        day = calendar_date(int(year), month + 1, int(number), asked)
    elif found["day"]:  # nobody writes the year before the name of a month, and the day after it
        day = calendar_date(_CENTURY + int(year), month + 1, int(number), asked)
    else:
        days = readings([(year, f"{month + 1}", number), (number, f"{month + 1}", year)])
        raise asked.refuse("has a year of two digits", asked.choose(days))
    if weekday in (None, day.weekday()):
        return day
    week = [day + shift * ONE_DAY for shift in range(-6, 7)]
    raise asked.refuse(
        f"contradicts itself: {spell(day)} is a {WEEKDAYS[day.weekday()]}",
        asked.choose([day, *(other for other in week if other.weekday() == weekday)]),
    )


def _numeric(words: str, asked: Asked) -> date | None:
    """Read a date of bare numbers by the order that is settled, or if only one is a date."""
    if re.fullmatch(_RUN, words):
        last = [(words[4:], *order) for order in ((words[2:4], words[:2]), (words[:2], words[2:4]))]
        days = set(readings([(words[:4], words[4:6], words[6:]), *last]))
        return days.pop() if len(days) == 1 else None
    if short := re.fullmatch(_NO_YEAR, words):
        return _without_year(int(short[1]), int(short[2]), asked)
    from mesocare.parsing.date_order import numeric

    found = numeric(words)
    if found is None:
        return None
    shape, by_order = found
    order = None if asked.orders is None else getattr(asked.orders, shape)
    if order is not None and by_order:
        if order not in by_order:
            raise against(order, by_order.values(), asked)
        return by_order[order]
    # Of two digits nobody can tell whether they are the year.
    days = set() if shape == "short" else set(by_order.values())
    return days.pop() if len(days) == 1 else None


def _without_year(one: int, other: int, asked: Asked) -> date | None:
    """Read a day and a month by the order that is settled; `None` where none is."""
    from mesocare.parsing.date_order import MONTH_FIRST

    order = asked.orders and asked.orders.year_last
    day, month = (other, one) if order == MONTH_FIRST else (one, other)
    if order is None or not 1 <= month <= len(MONTHS):
        return None
    return recent_date(month, day, asked)
