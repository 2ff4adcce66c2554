"""The decision table laid out: what holds after a treatment at any time, in stretches of times.

Three clocks tell when a treatment was: a whole day, a local time, or an instant. What the engine
has not been seen to answer alike throughout a stretch stays out, and is asked for row by row.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from mesocare.bulk.duckdb.source import DAY, INSTANT
from mesocare.bulk.steps import HORIZON
from mesocare.core.calendar import ONE_DAY, instants
from mesocare.core.timespan import turns
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, tzinfo

    from mesocare.bulk.steps import Cells
    from mesocare.bulk.verdict_table import Decider

# The number of a time that no clock has shown; those of verdicts follow.
REFUSED = 0
_TICK = timedelta(microseconds=1)
_NEAR = timedelta(days=3)
# Beyond any change of clocks but one that leaves out a day.
_LONGEST = timedelta(hours=12)
_MIDNIGHT = datetime.min.time()

Wanted = tuple[int, str, str]  # kind, type, zone


class Segment(NamedTuple):
    """A stretch of treatment times after which the same holds; half-open, by the kind's clock."""

    begin: datetime
    end: datetime
    number: int


def segments(decider: Decider, wanted: Wanted, number: Callable[[Cells], int]) -> list[Segment]:
    """Return what holds after treatments of a type in a zone, in order; nothing if there is none.

    Args:
        decider: What the engine says.
        wanted: By which clock, after which type, in which zone.
        number: Gives what stands for some verdicts.
    """
    try:
        layout = _Layout(decider, wanted[1], wanted[2], number)
    except MesocareError:
        return []  # no such type or zone
    if wanted[0] == DAY:
        return _merged(layout.days())
    return _merged(layout.instants() if wanted[0] == INSTANT else layout.local())


def _merged(known: Iterable[Segment]) -> list[Segment]:
    """Return segments in order; those that touch and say the same are one."""
    merged: list[Segment] = []
    for each in sorted(known):
        if merged and merged[-1].end == each.begin and merged[-1].number == each.number:
            merged[-1] = merged[-1]._replace(end=each.end)
        else:
            merged.append(each)
    return merged


class _Layout:
    """What holds after treatments of one type in one zone.

    Raises:
        MesocareError: There is no such type or zone.
    """

    def __init__(
        self, decider: Decider, type_: str, tz: str, number: Callable[[Cells], int]
    ) -> None:
        self._decider = decider
        self._type, self._tz = type_, tz
        self._number = number
        self._zone: tzinfo = decider.zone(tz)
        steps = decider.steps(type_, tz)
        spans = list(zip(pairwise(steps.breaks), steps.cells[1:], strict=False))
        self._points = [
            Segment(begin, end, number(cells)) for (begin, end), cells in spans if cells is not None
        ]
        self._holes = [span for span, cells in spans if cells is None]

    def local(self) -> Iterator[Segment]:
        """Yield what holds after a local time.

        One that the clocks left out of late is refused; there are not many hours of such times.
        """
        yield from self._points
        settled = self._decider.settled
        turning: set[datetime] = set()
        for begin, end in self._holes:
            first, last = instants(begin, self._zone), instants(end - _TICK, self._zone)
            if not first and not last:
                if begin > settled.replace(tzinfo=None):
                    yield Segment(begin, end, REFUSED)
            elif first and last and last[-1] < settled:
                yield Segment(begin, end, self._after_all)
            else:
                turning = turning or self._decider.turning_points(self._type, self._tz)
                yield from self._between(begin, end, turning)

    def instants(self) -> Iterator[Segment]:
        """Yield what holds after an instant, in UTC without saying so.

        No clock changes within a stretch of local times: what lies around a change is one of its
        own, and is asked for anew, since a local time that came twice is two instants.
        """
        known = _merged(self._instants(each) for each in self._points)
        yield from known
        settled = self._decider.settled.replace(tzinfo=None)
        turning: set[datetime] = set()
        for before, after in pairwise(known):
            begin, end = before.end, after.begin
            if begin == end:
                continue
            if end <= settled:
                yield Segment(begin, end, self._after_all)
                continue
            if not turning:
                local = self._decider.turning_points(self._type, self._tz)
                found = (instant for each in local for instant in instants(each, self._zone))
                turning = {instant.replace(tzinfo=None) for instant in found}
            yield from self._between(begin, end, turning, "Z")

    @property
    def _after_all(self) -> int:
        return self._number(self._decider.after_all(self._type))

    def _instants(self, segment: Segment) -> Segment:
        begin = instants(segment.begin, self._zone)[0]
        end = instants(segment.end - _TICK, self._zone)[-1] + _TICK
        naive = [each.astimezone(UTC).replace(tzinfo=None) for each in (begin, end)]
        return Segment(naive[0], naive[1], segment.number)

    def days(self) -> Iterator[Segment]:
        """Yield what holds after a day of which nobody knows the time.

        The engine is asked for every day on which something begins or ends, and for the first and
        the last of the days between. Where clocks change about the instant asked about, it is asked
        for every day that still matters.
        """
        judged, zone = self._decider.judged_at, self._zone
        today = self._decider.at.astimezone(zone).date()
        first = today - HORIZON
        settled = max(first, self._decider.settled.astimezone(zone).date() - ONE_DAY)
        # Long ago, nothing makes a difference but a day that a zone left out.
        ends = [moment for each in self._points for moment in each[:2] if moment.date() >= settled]
        ends += [moment for hole in self._holes if hole[1] - hole[0] > _LONGEST for moment in hole]
        alone = {first, settled, today}
        alone |= {each.date() for each in ends}
        if any(turns(judged - _NEAR, judged + _NEAR, zone)):
            alone |= {settled + n * ONE_DAY for n in range((today - settled).days)}
        days = sorted(day for day in alone if first <= day <= today)
        for day, after in zip(days, [*days[1:], today + ONE_DAY], strict=True):
            yield from self._range(day, day)
            if day + ONE_DAY < after:
                yield from self._range(day + ONE_DAY, after - ONE_DAY)

    def _range(self, first: date, last: date) -> Iterator[Segment]:
        """Yield what holds after each of some days, if the same holds after the first and last."""
        number = self._asked(first.isoformat())
        if number is not None and (first == last or self._asked(last.isoformat()) == number):
            begin, end = (datetime.combine(day, _MIDNIGHT) for day in (first, last + ONE_DAY))
            yield Segment(begin, end, number)

    def _between(
        self, begin: datetime, end: datetime, turning: set[datetime], mark: str = ""
    ) -> Iterator[Segment]:
        """Yield what holds in a stretch of times, as far as it is the same from turn to turn.

        What holds from a turn on may hold after its very instant only.
        """
        points = sorted({begin, *(each for each in turning if begin < each < end)})
        for first, last in pairwise([*points, end]):
            for since, until in ((first, first + _TICK), (first + _TICK, last)):
                times = (since, until - _TICK)
                numbers = {self._asked(f"{each.isoformat()}{mark}") for each in times}
                number = numbers.pop()
                if number is not None and not numbers:
                    yield Segment(since, until, number)

    def _asked(self, written: str) -> int | None:
        """Return what holds after a treatment as it is written; nothing if it is refused.

        A day or time that is refused is rejected row by row, with the reason.
        """
        try:
            return self._number(self._decider.cells(written, self._type, self._tz))
        except MesocareError:
            return None
