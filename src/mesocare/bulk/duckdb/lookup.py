"""The decision table in SQL: for each type, zone and time of treatment, the number of what holds.

It is the steps of `decisions.Decider`, laid out by day. A day on which nothing changes is one
entry; one on which something does leads to its hours, and such an hour to its minutes. So a row of
patients finds its own by three lookups at most, each a place in a long text: a lookup leaves the
rows in their order, as a join does not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

from mesocare.bulk.duckdb.layout import REFUSED, Segment, segments
from mesocare.bulk.duckdb.lists import MINUTE, laid_out
from mesocare.bulk.duckdb.session import literal
from mesocare.bulk.duckdb.source import LOCAL
from mesocare.bulk.steps import HORIZON
from mesocare.core.calendar import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mesocare.bulk.duckdb.layout import Wanted
    from mesocare.bulk.duckdb.source import Source
    from mesocare.bulk.steps import Cells
    from mesocare.bulk.verdict_table import Decider

_TICK = timedelta(microseconds=1)
# The signs that stand for a number: all that print, from `0` on. The one after the last says that
# a number takes several signs, and a blank that there is none.
_ZERO, _MORE, _NONE = ord("0"), "~", " "
_BASE = ord(_MORE) - _ZERO


class DecisionTable:
    """The decision table, and the verdicts its numbers stand for.

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
        return self._numbers.setdefault(cells, REFUSED + 1 + len(self._numbers))

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

    def refused_hours(self) -> set[str]:
        """Return the hours, such as `2024-03-31T01`, in which a time was refused."""
        found = set()
        for segment in (each for known in self._segments.values() for each in known):
            hour = segment.begin.replace(minute=0, second=0, microsecond=0)
            while segment.number == REFUSED and hour < segment.end:
                found.add(hour.isoformat(timespec="hours"))
                hour += timedelta(hours=1)
        return found

    def refuses(self, type_: str, tz: str, moment: datetime) -> bool:
        """Whether a local time was refused, as one that the clocks left out."""
        known = self._segments.get((LOCAL, type_, tz), [])
        return any(each.number == REFUSED and each.begin <= moment < each.end for each in known)

    def judged(self, source: Source, relation: str) -> str:
        """Return a relation's rows, with the number of what holds as `cell`; null if not laid out.

        Each step is a query of its own, for DuckDB works an expression out wherever it is used.
        """
        top = REFUSED + 1 + len(self._numbers)
        kinds = sorted({kind for kind, _, _ in self._segments})
        types = sorted({type_ for _, type_, _ in self._segments})
        zones = sorted({tz for _, _, tz in self._segments})
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

    The list is a text, a sign for each value: DuckDB copies a list for each lookup.
    """
    known = set(values)

    def sign(signs: Mapping[int | None, str]) -> str:
        text = "".join(map(signs.__getitem__, values))
        return f"substring({literal(text)}, CAST({at} + 1 AS BIGINT), 1)"

    def one(value: int | None) -> str:
        return _NONE if value is None else chr(_ZERO + value) if value < _BASE else _MORE

    first = sign({each: one(each) for each in known})
    plain = f"ascii(nullif({first}, '{_NONE}')) - {_ZERO}"
    largest = max((each for each in known if each is not None), default=0)
    if largest < _BASE:
        return plain
    digits, scale = [], 1
    while scale <= largest:
        digit = sign({each: chr(_ZERO + (each or 0) // scale % _BASE) for each in known})
        digits.append(f"(ascii({digit}) - {_ZERO}) * {scale}")
        scale *= _BASE
    return f"CASE {first} WHEN '{_MORE}' THEN {' + '.join(digits)} ELSE {plain} END"


def _place(column: str, values: Iterable[str]) -> str:
    """Return the place of a column's value among some, in SQL."""
    cases = " ".join(f"WHEN {value} THEN {n}" for n, value in enumerate(values))
    return f"CASE {column} {cases} END" if cases else "NULL::INTEGER"
