"""The verdict table in SQL: for each kind, zone and time of treatment, the number of what holds.

It is laid out as lists, by day. A day on which nothing changes is one
entry; one on which something does leads to its hours, and such an hour to its minutes. So a row of
patients finds its own by three lookups at most, each a place in a long text: a lookup leaves the
rows in their order, as a join does not.

What was injected and who was treated make many kinds, of which few differ in any verdict, and those
in few weeks. Where a table has such columns, three lookups come before: of the kind, by the cells
that name it; of its days, which it shares with others; and of the part of them, which other days
share.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.bulk.duckdb.session import literal
from mesocare.bulk.duckdb.source import ABSENT
from mesocare.bulk.kinds import What
from mesocare.bulk.verdict_table import HORIZON, segments
from mesocare.core.calendar import ONE_DAY
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesocare.bulk.decider import Decider
    from mesocare.bulk.duckdb.source import Source
    from mesocare.bulk.kinds import Key
    from mesocare.bulk.verdict_table import Cells, Segment

_TICK = timedelta(microseconds=1)
# Days that are looked up as a part; a power of two, whose multiples are quick.
_PART = 64
_DAYS = -(-(HORIZON.days + 5) // _PART) * _PART
# Each cell of details that a part of the table is laid out for costs a comparison.
_MOST_CELLS = 128
_MOST_SPREAD = 50_000
# Up to so many values, a list is looked up as one.
_SHORT = 1_024


class Wanted(NamedTuple):
    """A part of the verdict table: by which clock, after what, in which zone, as cells say it."""

    clock: int
    type: str
    substances: str
    factors: str
    tz: str

    @property
    def what(self) -> What:
        """What was done."""
        return What(self.type, self.substances, self.factors)


def spread(found: Iterable[What]) -> set[What]:
    """Return what is laid out where a sample of rows says that some things were done.

    Details stand together in many ways, of which a sample has a few: so any of its cells may stand
    with any other. Of many, those that stand in most ways are taken; the rest is asked row by row.
    """
    whats = set(found)
    if not any(what.substances or what.factors for what in whats):
        return whats
    most = [
        {cell for cell, _ in Counter(cells).most_common(_MOST_CELLS)}
        for cells in ((what.substances for what in whats), (what.factors for what in whats))
    ]
    whats = {what for what in whats if what.substances in most[0] and what.factors in most[1]}
    axes = [set(axis) for axis in zip(*whats, strict=True)]
    if prod(map(len, axes)) < _MOST_SPREAD:
        return {What(*each) for each in product(*axes)}
    return whats


class VerdictTable:
    """The verdict table, and the verdicts its numbers stand for.

    Args:
        decider: What holds when.
    """

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._numbers: dict[Cells, int] = {}
        self._kinds: dict[What, Key | None] = {}
        self._zones: dict[str, bool] = {}
        self._clocks: set[int] = set()
        self._segments: dict[tuple[int, Key, str], list[Segment]] = {}
        # A day more on either side, since somewhere it is another day already or still.
        self._first = datetime.combine(
            decider.at.date() - HORIZON - 2 * ONE_DAY, datetime.min.time()
        )

    def number(self, cells: Cells) -> int:
        """Return what stands for some verdicts: 1 or more."""
        return self._numbers.setdefault(cells, 1 + len(self._numbers))

    @property
    def laid(self) -> list[What]:
        """What is laid out; a name that is no kind is not, for it would cost many days."""
        return [what for what, key in self._kinds.items() if key is not None]

    @property
    def cells(self) -> list[Cells]:
        """The verdicts, in the order of their numbers from 1 on."""
        return list(self._numbers)

    def add(self, found: Iterable[tuple[Any, ...]]) -> bool:
        """Lay out what was found in rows and is not there yet; whether there was any.

        Any kind may stand with any clock and zone, unless that would be too many. What is no
        kind or no zone is left out: its rows are rejected one by one.
        """
        wanted = [Wanted(*each) for each in found]
        whats = spread(each.what for each in wanted) - self._kinds.keys()
        self._kinds |= {what: self._key(what) for what in sorted(whats)}
        zones = {each.tz for each in wanted} - self._zones.keys()
        self._zones |= {tz: self._is_zone(tz) for tz in sorted(zones)}
        self._clocks |= {each.clock for each in wanted}
        written = {key: what for what, key in self._kinds.items() if key is not None}
        axes = (sorted(self._clocks), written, self._laid_zones)
        parts: Iterable[tuple[int, Key | None, str]] = product(*axes)
        if prod(map(len, axes)) >= _MOST_SPREAD:
            parts = ((each.clock, self._kinds.get(each.what), each.tz) for each in wanted)
        before = len(self._segments)
        for clock, key, tz in parts:
            if key is not None and self._zones[tz] and (clock, key, tz) not in self._segments:
                self._segments[clock, key, tz] = segments(
                    self._decider, (clock, written[key], tz), self.number
                )
        return len(self._segments) > before

    @property
    def _laid_zones(self) -> list[str]:
        return sorted(tz for tz, there in self._zones.items() if there)

    def _key(self, what: What) -> Key | None:
        with suppress(MesocareError):
            return self._decider.kinds.of(what if any(what[1:]) else what.type).key
        return None

    def _is_zone(self, tz: str) -> bool:
        with suppress(MesocareError):
            self._decider.zone(tz)
            return True
        return False

    def judged(self, source: Source, relation: str) -> str:
        """Return a relation's rows, with the number of what holds as `cell`; null if not laid out.

        Each step is a query of its own, for DuckDB works an expression out wherever it is used.
        """
        top = 1 + len(self._numbers)
        last = self._first + _DAYS * ONE_DAY - _TICK
        day = f"CAST(moment AS DATE) - DATE '{self._first.date()}'"
        laying = self._laying(source)
        days, hours, minutes = laid_out(laying.known, self._first, _DAYS, top)
        steps = [
            f"{source.kind} AS kind, {source.time} AS moment",
            # Infinity is a time to DuckDB, but no number of days.
            f"moment BETWEEN TIMESTAMP '{self._first}' AND TIMESTAMP '{last}' AS near",
            *laying.steps,
            f"CASE WHEN near THEN {laying.block} * {_DAYS} + ({day}) END AS place",
        ]
        at = "place"
        if laying.steps:
            parts, days = _in_parts(days)
            steps.append(f"{_listed(parts, f'place // {_PART}')} AS part")
            at = f"part * {_PART} + place % {_PART}"
        steps += [
            f"{_listed(days, at)} AS by_day",
            _deeper("by_day", "by_hour", hours, top, "24 + date_part('hour', moment)"),
            _deeper("by_hour", "cell", minutes, top, f"120 + {MINUTE}"),
        ]
        for step in steps:
            relation = f"(SELECT *, {step} FROM {relation})"
        return relation

    def _laying(self, source: Source) -> _Laying:
        """Return what is laid out for the rows of a source, and how a row finds its own."""
        clocks, zones = sorted(self._clocks), self._laid_zones
        types, substances, factors = (
            sorted(set(axis)) for axis in (zip(*self.laid, strict=True) if self.laid else [()] * 3)
        )
        clock = _place("kind", map(str, clocks))
        type_ = _place(source.type, map(literal, types))
        zone = _place(source.tz, map(literal, zones))
        plain = [self._kinds.get(What(each)) for each in types]
        if source.substances == source.factors == ABSENT:
            blocks = [self._known(*each) for each in product(clocks, plain, zones)]
            place = f"({clock} * {len(types)} + {type_}) * {len(zones)} + {zone}"
            return _Laying(blocks, (), f"({place})")
        # Most rows say nothing of details. Others share the blocks of those with the same verdicts.
        detailed = [self._kinds.get(What(*each)) for each in product(types, substances, factors)]
        kinds = [*plain, *(key for key in dict.fromkeys(detailed) if key not in plain)]
        numbers = {key: n for n, key in reversed([*enumerate(kinds)])}
        written: Entries = [None, *(numbers[key] for key in detailed)]
        blocks, order = _shared(self._known(*each) for each in product(clocks, kinds, zones))
        none = f"{source.substances} = '' AND {source.factors} = ''"
        cells = (
            f"({type_} * {len(substances)} + {_place(source.substances, map(literal, substances))})"
            f" * {len(factors)} + {_place(source.factors, map(literal, factors))} + 1"
        )
        steps = (
            f"CASE WHEN {none} THEN {type_} ELSE {_listed(written, cells)} END AS what",
            f"({clock} * {len(kinds)} + what) * {len(zones)} + {zone} + 1 AS at_block",
            f"{_listed([None, *order], 'at_block')} AS block",
        )
        return _Laying(blocks, steps, "block")

    def _known(self, clock: int, key: Key | None, tz: str) -> list[Segment]:
        return [] if key is None else self._segments.get((clock, key, tz), [])


class _Laying(NamedTuple):
    """What is laid out.

    Attributes:
        known: Blocks of days, each as the segments that fill it.
        steps: What has to be worked out of a row to find its block, in SQL.
        block: The number of a row's block, in SQL.
    """

    known: list[list[Segment]]
    steps: tuple[str, ...]
    block: str


def _shared(known: Iterable[list[Segment]]) -> tuple[list[list[Segment]], Entries]:
    """Return segments, each list once, and which of them stands where."""
    blocks: dict[tuple[Segment, ...], int] = {}
    order: Entries = [blocks.setdefault(tuple(each), len(blocks)) for each in known]
    return [list(each) for each in blocks], order


def _in_parts(days: Entries) -> tuple[Entries, Entries]:
    """Return days in parts, each kept once: which part stands where, and the days of the parts."""
    parts: dict[tuple[int | None, ...], int] = {}
    order: Entries = [
        parts.setdefault(tuple(days[n : n + _PART]), len(parts)) for n in range(0, len(days), _PART)
    ]
    return order, [each for part in parts for each in part]


def _deeper(above: str, name: str, values: Sequence[int | None], top: int, within: str) -> str:
    """Return an entry, or what it leads to in the next list, in SQL."""
    found = _listed(values, f"({above} - {top}) * {within}")
    return f"CASE WHEN {above} >= {top} THEN {found} ELSE {above} END AS {name}"


def _listed(values: Sequence[int | None], at: str) -> str:
    """Return the value at a place of a list, the first being 0, in SQL.

    Where a place may be null the first value has to be none, for it may be taken. DuckDB copies a
    list for each batch of rows, which is quick for a short one. A long one is a row of bits for
    each binary digit, in which a place is found in no time however long it is.
    """
    if len(values) <= _SHORT:
        written = ", ".join("NULL" if each is None else str(each) for each in values)
        return f"list_extract('[{written}]'::INTEGER[], CAST({at} AS INTEGER) + 1)"
    # None is 0, so that every value has a digit.
    numbers = [0 if each is None else each + 1 for each in values]
    place = f"greatest(CAST({at} AS INTEGER), 0)"  # a place that is not asked for is worked out too
    width = max(numbers, default=0).bit_length()
    if not width:
        return "NULL::INTEGER"
    written = "".join([f"{each:0{width}b}" for each in numbers])
    digits = [
        f"get_bit('{written[width - 1 - digit :: width]}'::BIT, {place}) * {1 << digit}"
        for digit in range(width)
    ]
    return f"nullif({' + '.join(digits)}, 0) - 1"


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
