"""The decision table: for each type, zone and local day, what holds after a treatment then.

It is the steps of `decisions.Decider`, laid out by day, so that a row of patients finds its own by
type, zone and date, and by a range only within a day on which something changes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mesocare.bulk.decisions import HORIZON
from mesocare.bulk.duck_input import DAY, LOCAL
from mesocare.bulk.duck_session import literal
from mesocare.core.civil import ONE_DAY, instants
from mesocare.core.timespan import turns
from mesocare.dates import parse_zone
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, tzinfo

    from mesocare.bulk.decisions import Cells, Decider
    from mesocare.bulk.duck_input import Source
    from mesocare.bulk.duck_session import Session

_TICK = timedelta(microseconds=1)
_NEAR = timedelta(days=3)
# The signs that stand for a digit of a number in the long list: all that print, from `0` on.
_ZERO, _BASE = ord("0"), ord("~") - ord("0") + 1
_MIDNIGHT = datetime.min.time()

Wanted = tuple[int, str, str]  # kind, type, zone


class Segment(NamedTuple):
    """A stretch of treatment times after which the same holds; half-open, by the kind's clock."""

    begin: datetime
    end: datetime
    cells: Cells


class DecisionTable:
    """The decision table in DuckDB, and the verdicts its numbers stand for.

    A day on which nothing changes is looked up in one long list, by type, zone and date: a lookup
    leaves the rows in their order, as a join does not. A day on which something changes is in the
    table `decisions`, by ranges.

    Args:
        session: Where it is made.
        decider: What holds when.
        zone: Where a treatment took place whose zone nobody named.
    """

    def __init__(self, session: Session, decider: Decider, zone: tzinfo) -> None:
        self._session = session
        self._decider = decider
        self._zone = zone
        self._numbers: dict[Cells, int] = {}
        self._days_of: dict[Wanted, list[int | None]] = {}
        # A day more on either side, since somewhere it is another day already or still.
        self._first = decider.at.date() - HORIZON - 2 * ONE_DAY
        self._length = HORIZON.days + 5
        session.run(
            "CREATE TABLE decisions (kind TINYINT, type VARCHAR, tz VARCHAR, day DATE,"
            " begins TIMESTAMP, ends TIMESTAMP, cell INTEGER)"
        )

    def number(self, cells: Cells) -> int:
        """Return what stands for some verdicts."""
        return self._numbers.setdefault(cells, len(self._numbers))

    @property
    def cells(self) -> list[Cells]:
        """The verdicts, in the order of their numbers."""
        return list(self._numbers)

    def add(self, wanted: Iterable[Wanted]) -> bool:
        """Lay out what is wanted and not there yet; whether there was any.

        What is no type or no zone is left out: its rows are rejected one by one.
        """
        rows: list[tuple[object, ...]] = []
        new = sorted(set(wanted) - self._days_of.keys())
        for each in new:
            whole: list[int | None] = [None] * self._length
            for segment in self._segments(*each):
                rows += self._laid_out(each, segment, whole)
            self._days_of[each] = whole
        if rows:
            types = ("TINYINT", "VARCHAR", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP", "INTEGER")
            unnested = ", ".join(f"unnest(${n}::{type_}[])" for n, type_ in enumerate(types, 1))
            columns = [list(column) for column in zip(*rows, strict=True)]
            self._session.run(f"INSERT INTO decisions SELECT {unnested}", columns)
        return bool(new)

    def lookup(self, source: Source) -> str:
        """Return what finds the number of a row in the long list, in SQL; null where it is not.

        The list is a text, a sign for each day: DuckDB copies a list for each lookup.
        """
        kinds = sorted({kind for kind, _, _ in self._days_of})
        types = sorted({type_ for _, type_, _ in self._days_of})
        zones = sorted({tz for _, _, tz in self._days_of})
        empty: list[int | None] = [None] * self._length
        flat = [
            number
            for kind in kinds
            for type_ in types
            for tz in zones
            for number in self._days_of.get((kind, type_, tz), empty)
        ]
        block = (
            f"({_place(source.kind, map(str, kinds))} * {len(types)}"
            f" + {_place(source.type, map(literal, types))}) * {len(zones)}"
            f" + {_place(source.tz, map(literal, zones))}"
        )
        day = f"CAST({source.time} AS DATE)"
        last = self._first + (self._length - 1) * ONE_DAY
        at = f"CAST(({block}) * {self._length} + ({day} - DATE '{self._first}') + 1 AS BIGINT)"
        found, scale = [], 1
        while scale <= max(1, len(self._numbers) - 1):
            signs = "".join(" " if n is None else chr(n // scale % _BASE + _ZERO) for n in flat)
            sign = f"nullif(substring({literal(signs)}, {at}, 1), ' ')"
            found.append(f"(ascii({sign}) - {_ZERO}) * {scale}")
            scale *= _BASE
        # Infinity is a date to DuckDB, but no number of days.
        return (
            f"CASE WHEN {day} BETWEEN DATE '{self._first}' AND DATE '{last}'"
            f" THEN {' + '.join(found)} END"
        )

    def _laid_out(
        self, key: Wanted, segment: Segment, whole: list[int | None]
    ) -> Iterator[tuple[object, ...]]:
        """Enter a stretch for the days it fills, and yield rows for those it does not."""
        number = self.number(segment.cells)
        day = segment.begin.date()
        while (begin := datetime.combine(day, _MIDNIGHT)) < segment.end:
            end = begin + ONE_DAY
            if segment.begin <= begin and end <= segment.end:
                whole[(day - self._first).days] = number
            else:
                yield (*key, day, segment.begin, segment.end, number)
            day += ONE_DAY

    def _segments(self, kind: int, type_: str, tz: str) -> list[Segment]:
        try:
            points = self._points(type_, tz)
            if kind == LOCAL:
                return points
            zone = parse_zone(tz) if tz else self._zone
        except MesocareError:
            return []
        if kind == DAY:
            return list(self._days(points, type_, tz, zone))
        # An instant: the same, seen from UTC.
        return [_instants(each, zone) for each in points]

    def _points(self, type_: str, tz: str) -> list[Segment]:
        steps = self._decider.steps(type_, tz)
        pairs = zip(steps.breaks, steps.breaks[1:], steps.cells[1:], strict=False)
        return [Segment(begin, end, cells) for begin, end, cells in pairs if cells is not None]

    def _days(self, points: list[Segment], type_: str, tz: str, zone: tzinfo) -> Iterator[Segment]:
        """Yield what holds after a day of which nobody knows the time.

        The engine is asked for every day on which a step begins or ends and for its neighbours, and
        for the first and the last of the days between. Where clocks change about the instant asked
        about, it is asked for every day.
        """
        judged = self._decider.judged_at
        today = self._decider.at.astimezone(zone).date()
        first = today - HORIZON
        turning = any(turns(judged - _NEAR, judged + _NEAR, zone))
        alone = {first, today}
        for segment in points:
            for moment in (segment.begin, segment.end):
                alone |= {moment.date() + shift * ONE_DAY for shift in (-1, 0, 1)}
        if turning:
            alone = {today - n * ONE_DAY for n in range(HORIZON.days + 1)}
        days = sorted(day for day in alone if first <= day <= today)
        for day, after in zip(days, [*days[1:], today + ONE_DAY], strict=True):
            yield from self._range(day, day, type_, tz)
            if day + ONE_DAY < after:
                yield from self._range(day + ONE_DAY, after - ONE_DAY, type_, tz)

    def _range(self, first: date, last: date, type_: str, tz: str) -> Iterator[Segment]:
        """Yield what holds after each of some days, if the same holds after the first and last."""
        try:
            cells = self._decider.cells(first.isoformat(), type_, tz)
            if first != last and self._decider.cells(last.isoformat(), type_, tz) != cells:
                return
        except MesocareError:
            return  # a day that a zone left out: its rows are rejected with that reason
        begin, end = (datetime.combine(day, _MIDNIGHT) for day in (first, last + ONE_DAY))
        yield Segment(begin, end, cells)


def _place(column: str, values: Iterable[str]) -> str:
    """Return the place of a column's value among some, in SQL."""
    cases = " ".join(f"WHEN {value} THEN {n}" for n, value in enumerate(values))
    return f"CASE {column} {cases} END" if cases else "NULL::INTEGER"


def _instants(segment: Segment, zone: tzinfo) -> Segment:
    """Return a stretch of local times as one of instants, in UTC but without saying so.

    No clock changes within it: what lies around a change is a stretch of its own.
    """
    begin = instants(segment.begin, zone)[0]
    end = instants(segment.end - _TICK, zone)[-1] + _TICK
    naive = [each.astimezone(UTC).replace(tzinfo=None) for each in (begin, end)]
    return Segment(naive[0], naive[1], segment.cells)
