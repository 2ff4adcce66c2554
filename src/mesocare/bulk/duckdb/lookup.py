"""The verdict table in SQL: for each type, zone and time of treatment, the number of what holds.

It is laid out as lists, by day. A day on which nothing changes is one
entry; one on which something does leads to its hours, and such an hour to its minutes. So a row of
patients finds its own by three lookups at most, each a place in a long text: a lookup leaves the
rows in their order, as a join does not.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

from mesocare.bulk.duckdb.session import literal
from mesocare.bulk.verdict_table import HORIZON, segments
from mesocare.core.calendar import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesocare.bulk.decider import Decider
    from mesocare.bulk.duckdb.source import Source
    from mesocare.bulk.verdict_table import Cells, Segment, Wanted

_TICK = timedelta(microseconds=1)


class VerdictTable:
    """The verdict table, and the verdicts its numbers stand for.

    Args:
        decider: What holds when.
    """

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._numbers: dict[Cells, int] = {}
        self._segments: dict[Wanted, list[Segment]] = {}
        # A day more on either side, since somewhere it is another day already or still.
        self._first = datetime.combine(
            decider.at.date() - HORIZON - 2 * ONE_DAY, datetime.min.time()
        )
        self._length = HORIZON.days + 5

    def number(self, cells: Cells) -> int:
        """Return what stands for some verdicts: 1 or more."""
        return self._numbers.setdefault(cells, 1 + len(self._numbers))

    @property
    def laid(self) -> list[Wanted]:
        """What is laid out.

        A name that is no type or zone has no segments: to make room for it would cost a day each.
        """
        return [key for key, known in self._segments.items() if known]

    @property
    def cells(self) -> list[Cells]:
        """The verdicts, in the order of their numbers from 1 on."""
        return list(self._numbers)

    def add(self, wanted: Iterable[Wanted]) -> bool:
        """Lay out what is wanted and not there yet; whether there was any.

        What is no type or no zone is left out: its rows are rejected one by one.
        """
        new = sorted(set(wanted) - self._segments.keys())
        for key in new:
            self._segments[key] = segments(self._decider, key, self.number)
        return bool(new)

    def judged(self, source: Source, relation: str) -> str:
        """Return a relation's rows, with the number of what holds as `cell`; null if not laid out.

        Each step is a query of its own, for DuckDB works an expression out wherever it is used.
        """
        top = 1 + len(self._numbers)
        laid = self.laid
        kinds = sorted({kind for kind, _, _ in laid})
        types = sorted({type_ for _, type_, _ in laid})
        zones = sorted({tz for _, _, tz in laid})
        known = [self._segments.get(key, []) for key in product(kinds, types, zones)]
        days, hours, minutes = laid_out(known, self._first, self._length, top)
        last = self._first + self._length * ONE_DAY - _TICK
        block = (
            f"(({_place('kind', map(str, kinds))} * {len(types)}"
            f" + {_place(source.type, map(literal, types))}) * {len(zones)}"
            f" + {_place(source.tz, map(literal, zones))}) * {self._length}"
        )
        day = f"CAST(moment AS DATE) - DATE '{self._first.date()}'"
        steps = (
            f"{source.kind} AS kind, {source.time} AS moment",
            # Infinity is a time to DuckDB, but no number of days.
            f"moment BETWEEN TIMESTAMP '{self._first}' AND TIMESTAMP '{last}' AS near",
            f"CASE WHEN near THEN {block} + ({day}) END AS place",
            f"{_listed(days, 'place')} AS by_day",
            _deeper("by_day", "by_hour", hours, top, "24 + date_part('hour', moment)"),
            _deeper("by_hour", "cell", minutes, top, f"120 + {MINUTE}"),
        )
        for step in steps:
            relation = f"(SELECT *, {step} FROM {relation})"
        return relation


def _deeper(above: str, name: str, values: Sequence[int | None], top: int, within: str) -> str:
    """Return an entry, or what it leads to in the next list, in SQL."""
    found = _listed(values, f"({above} - {top}) * {within}")
    return f"CASE WHEN {above} >= {top} THEN {found} ELSE {above} END AS {name}"


def _listed(values: Sequence[int | None], at: str) -> str:
    """Return the value at a place of a long list, the first being 0, in SQL.

    The list is a row of bits for each binary digit, in which a place is found in no time however
    long it is. DuckDB copies a list for each lookup, and counts through the letters of a text.
    """
    # None is 0, so that every value has a digit.
    numbers = [0 if each is None else each + 1 for each in values]
    place = f"greatest(CAST({at} AS INTEGER), 0)"  # a place that is not asked for is worked out too
    digits = [
        f"get_bit('{''.join(str(each >> digit & 1) for each in numbers)}'::BIT, {place})"
        f" * {1 << digit}"
        for digit in range(max(numbers, default=0).bit_length())
    ]
    return f"nullif({' + '.join(digits)}, 0) - 1" if digits else "NULL::INTEGER"


def _place(column: str, values: Iterable[str]) -> str:
    """Return the place of a column's value among some, in SQL."""
    cases = " ".join(f"WHEN {value} THEN {n}" for n, value in enumerate(values))
    return f"CASE {column} {cases} END" if cases else "NULL::INTEGER"


# Where within an hour's list a time is, in SQL: a minute's beginning, to the microsecond, or the
# rest of it. Most times are written to the minute, and most changes come at a minute's beginning.
MINUTE = (
    "date_part('minute', moment) * 2 + CAST(date_part('microsecond', moment) % 60000000 > 0 AS INT)"
)
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
