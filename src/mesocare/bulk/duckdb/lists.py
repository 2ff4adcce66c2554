"""The stretches of the decision table as lists: an entry for each day, hour, and minute."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from mesocare.core.calendar import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mesocare.bulk.duckdb.layout import Segment

# Where within an hour's list a time is, in SQL: a minute's beginning, to the microsecond, or the
# rest of it. Most times are written to the minute, and most changes come at a minute's beginning.
MINUTE = (
    "date_part('minute', moment) * 2 + CAST(date_part('microsecond', moment) % 60000000 > 0 AS INT)"
)
_TICK = timedelta(microseconds=1)
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)

Entries = list[int | None]


def laid_out(
    known: Iterable[Sequence[Segment]], first: datetime, length: int, top: int
) -> tuple[Entries, Entries, Entries]:
    """Return segments as lists: an entry for each day, hour, and beginning or rest of a minute.

    Args:
        known: The segments of each type, zone and clock.
        first: The midnight with which each begins.
        length: For how many days each has entries.
        top: An entry from this number on is the place of a day's list among those of hours, or of
            an hour's among those of minutes.
    """
    days: Entries = []
    hours: dict[tuple[int | None, ...], int] = {}
    minutes: dict[tuple[int | None, ...], int] = {}
    for of_one in known:
        by_day, parts = _filled(of_one, first, ONE_DAY, length)
        for day, of_day in parts.items():
            midnight = first + day * ONE_DAY
            by_hour, split = _filled(of_day, midnight, _HOUR, 24)
            for hour, of_hour in split.items():
                by_minute = _minutes(of_hour, midnight + hour * _HOUR)
                by_hour[hour] = top + minutes.setdefault(tuple(by_minute), len(minutes))
            by_day[day] = top + hours.setdefault(tuple(by_hour), len(hours))
        days += by_day
    return (
        days,
        [each for block in hours for each in block],
        [each for block in minutes for each in block],
    )


def _filled(
    known: Iterable[Segment], first: datetime, unit: timedelta, count: int
) -> tuple[Entries, dict[int, list[Segment]]]:
    """Return what holds throughout each of some units, and the segments that fill one in part."""
    filled: Entries = [None] * count
    parts: dict[int, list[Segment]] = defaultdict(list)
    for each in known:
        begin, after = divmod(each.begin - first, unit)
        end, beyond = divmod(each.end - first, unit)
        full = max(0, begin + bool(after)), min(end, count)
        if full[0] < full[1]:
            filled[full[0] : full[1]] = [each.number] * (full[1] - full[0])
        partly = {at for at, part in ((begin, after), (end, beyond)) if part and 0 <= at < count}
        for at in partly:
            parts[at].append(each)
    return filled, parts


def _minutes(known: Iterable[Segment], first: datetime) -> Entries:
    """Return what holds at each minute's beginning, and throughout the rest of it, of an hour."""
    filled: Entries = [None] * 120
    for each in known:
        begin, after = divmod(each.begin - first, _MINUTE)
        end, beyond = divmod(each.end - first, _MINUTE)
        since = 2 * begin + (0 if not after else 1 if after <= _TICK else 2)
        since, until = max(0, since), min(2 * end + bool(beyond), 120)
        if since < until:
            filled[since:until] = [each.number] * (until - since)
    return filled
