"""The verdict table: what holds after a treatment at any time, in half-open stretches of times.

One table for an instant asked about: by kind of treatment, clock and zone, from when to when a
treatment leads to which verdicts. Three clocks tell when a treatment was: a whole day, a local
time, or an instant. Which windows are open, for any kind, is looked at where one closes, and just
beside. Where that has not been seen to be the same throughout a stretch, and clock times that came
twice or never, stay out, and are asked for row by row.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from mesocare.core.calendar import ONE_DAY, instants
from mesocare.core.timespan import Days, turns
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, tzinfo

    from mesocare.bulk.decider import Decider
    from mesocare.bulk.kinds import Written
    from mesocare.bulk.openings import Open
    from mesocare.core.timespan import Span

# The clocks: a whole day, a local time, an instant.
DAY, LOCAL, INSTANT = 0, 1, 2
CLOCKS = ("day", "local", "instant")
# How far back treatments are laid out.
HORIZON = timedelta(days=3653)
_TICK = timedelta(microseconds=1)
# A change of clocks this near to the instant can move the end of a window of days.
_NEAR_END = timedelta(days=2)

Cells = tuple[str, ...]
_Held = TypeVar("_Held")


class Steps(NamedTuple, Generic[_Held]):
    """What holds by the local time of treatment, to the microsecond: verdicts, or what is open.

    Attributes:
        breaks: Naive local times, in order; `cells[n]` holds from `breaks[n - 1]` up to, and not
            at, `breaks[n]`. To look one up: `cells[bisect_right(breaks, local)]`.
        cells: What holds; `None` where it has to be worked out for each treatment.
    """

    breaks: list[datetime]
    cells: list[_Held | None]


def steps(
    turning: Iterable[datetime],
    first: datetime,
    last: datetime,
    at: Callable[[datetime], _Held | None],
) -> Steps[_Held]:
    """Return the steps between the local times at which something may change.

    What holds just after one turning point has to hold just before the next: that is looked at.

    Args:
        turning: The turning points.
        first: The first local time that is asked about; before it nothing is known.
        last: The last one; after it nothing is known.
        at: What holds after a treatment at a local time.
    """
    points = sorted(each for each in {first, last, *turning} if first <= each <= last)
    breaks: list[datetime] = []
    cells: list[_Held | None] = [None]
    for begin, end in zip(points, [*points[1:], None], strict=True):
        ranges = [(begin, at(begin))]
        if end is not None and begin + _TICK < end:
            low, high = at(begin + _TICK), at(end - _TICK)
            ranges.append((begin + _TICK, low if low == high else None))
        elif end is None:
            ranges.append((begin + _TICK, None))
        for start, value in ranges:
            if value != cells[-1]:
                breaks.append(start)
                cells.append(value)
    return Steps(breaks, cells)


class TurningPoints:
    """The local times of treatment at which a verdict may change.

    Args:
        at: The instant, in UTC, at which times are read.
        judged_at: The instant asked about, in UTC.
    """

    def __init__(self, at: datetime, judged_at: datetime) -> None:
        self._at = at
        self._judged_at = judged_at
        # By name: a zone that only the C library knows cannot be a key.
        self._clock_changes: dict[str, list[datetime]] = {}

    def of(self, spans: Iterable[Span], tz: str, zone: tzinfo) -> Iterator[datetime]:
        """Yield those of some windows in a zone; some come twice.

        Args:
            spans: The end of every phase that the verdicts rest on.
            tz: What the zone is called.
            zone: The zone.
        """
        yield from self._closings(spans, zone)
        if tz not in self._clock_changes:
            found = turns(self._at - HORIZON, self._at, zone)
            naive = [(turn.replace(tzinfo=None), offsets) for turn, *offsets in found]
            self._clock_changes[tz] = [turn + each for turn, offsets in naive for each in offsets]
        yield from self._clock_changes[tz]

    def _closings(self, spans: Iterable[Span], zone: tzinfo) -> Iterator[datetime]:
        """Yield the times after which a window closes at the instant asked about."""
        ends = {self._judged_at.astimezone(zone).replace(tzinfo=None)}
        for turn, before, after in turns(
            self._judged_at - _NEAR_END, self._judged_at + _NEAR_END, zone
        ):
            local = turn.replace(tzinfo=None)
            shown = {*ends, local + before, local + after}
            ends |= {each + shift for each in shown for shift in (before - after, after - before)}
            ends |= shown
        for span in spans:
            if isinstance(span, Days):
                yield from (end - timedelta(days=span.number) for end in ends)
            else:
                start = self._judged_at - timedelta(hours=span.number)
                yield start.astimezone(zone).replace(tzinfo=None)


_NEAR = timedelta(days=3)
# Beyond any change of clocks but one that leaves out a day.
_LONGEST = timedelta(hours=12)
_MIDNIGHT = datetime.min.time()

Wanted = tuple[int, "Written", str]  # clock, type or what was done, zone


class Stretch(NamedTuple):
    """A stretch of treatment times after which the same windows are open; half-open, by a clock."""

    begin: datetime
    end: datetime
    open: Open


class Segment(NamedTuple):
    """A stretch of treatment times after which the same holds; half-open, by the kind's clock."""

    begin: datetime
    end: datetime
    number: int


def segments(decider: Decider, wanted: Wanted, number: Callable[[Cells], int]) -> list[Segment]:
    """Return what holds after treatments of a kind in a zone, in order; nothing if there is none.

    Args:
        decider: What the engine says.
        wanted: By which clock, after what, in which zone.
        number: Gives what stands for some verdicts.
    """
    clock, written, tz = wanted
    try:
        cells_of = decider.cells_of(written)
        found = decider.stretches(clock, tz)
    except MesocareError:
        return []  # no such kind or zone
    merged: list[Segment] = []
    for begin, end, open_ in found:
        held = number(cells_of(open_))
        if merged and merged[-1].end == begin and merged[-1].number == held:
            merged[-1] = merged[-1]._replace(end=end)
        else:
            merged.append(Segment(begin, end, held))
    return merged


def stretches(decider: Decider, clock: int, tz: str) -> list[Stretch]:
    """Return what is open after treatments in a zone, in order.

    Raises:
        MesocareError: There is no such zone.
    """
    layout = _Layout(decider, tz)
    if clock == DAY:
        return _merged(layout.days())
    return _merged(layout.instants() if clock == INSTANT else layout.local())


def _merged(known: Iterable[Stretch]) -> list[Stretch]:
    """Return stretches in order; those that touch and are alike are one."""
    merged: list[Stretch] = []
    for each in sorted(known, key=lambda stretch: stretch[:2]):
        if merged and merged[-1].end == each.begin and merged[-1].open is each.open:
            merged[-1] = merged[-1]._replace(end=each.end)
        else:
            merged.append(each)
    return merged


class _Layout:
    """What is open after treatments in one zone.

    Raises:
        MesocareError: There is no such zone.
    """

    def __init__(self, decider: Decider, tz: str) -> None:
        self._decider, self._openings = decider, decider.openings
        self._tz = tz
        self._zone: tzinfo = decider.zone(tz)
        self._settled = self._openings.settled
        steps = self._openings.steps(tz)
        spans = list(zip(pairwise(steps.breaks), steps.cells[1:], strict=False))
        self._points = [
            Stretch(begin, end, open_) for (begin, end), open_ in spans if open_ is not None
        ]
        self._holes = [span for span, open_ in spans if open_ is None]

    def local(self) -> Iterator[Stretch]:
        """Yield what holds after a local time; nothing after one that the clocks left out."""
        yield from self._points
        settled = self._settled
        turning: set[datetime] = set()
        for begin, end in self._holes:
            first, last = instants(begin, self._zone), instants(end - _TICK, self._zone)
            if not first and not last:
                continue
            if first and last and last[-1] < settled:
                yield Stretch(begin, end, self._openings.after_all)
            else:
                turning = turning or self._openings.turning_points(self._tz)
                yield from self._between(begin, end, turning)

    def instants(self) -> Iterator[Stretch]:
        """Yield what holds after an instant, in UTC without saying so.

        No clock changes within a stretch of local times: what lies around a change is one of its
        own, and is asked for anew, since a local time that came twice is two instants.
        """
        known = _merged(self._instants(each) for each in self._points)
        yield from known
        settled = self._settled.replace(tzinfo=None)
        turning: set[datetime] = set()
        for before, after in pairwise(known):
            begin, end = before.end, after.begin
            if begin == end:
                continue
            if end <= settled:
                yield Stretch(begin, end, self._openings.after_all)
                continue
            if not turning:
                local = self._openings.turning_points(self._tz)
                found = (instant for each in local for instant in instants(each, self._zone))
                turning = {instant.replace(tzinfo=None) for instant in found}
            yield from self._between(begin, end, turning, "Z")

    def _instants(self, stretch: Stretch) -> Stretch:
        begin = instants(stretch.begin, self._zone)[0]
        end = instants(stretch.end - _TICK, self._zone)[-1] + _TICK
        naive = [each.astimezone(UTC).replace(tzinfo=None) for each in (begin, end)]
        return Stretch(naive[0], naive[1], stretch.open)

    def days(self) -> Iterator[Stretch]:
        """Yield what holds after a day of which nobody knows the time.

        The engine is asked for every day on which something begins or ends, and for the first and
        the last of the days between. Where clocks change about the instant asked about, it is asked
        for every day that still matters.
        """
        judged, zone = self._decider.judged_at, self._zone
        today = self._decider.at.astimezone(zone).date()
        first = today - HORIZON
        settled = max(first, self._settled.astimezone(zone).date() - ONE_DAY)
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

    def _range(self, first: date, last: date) -> Iterator[Stretch]:
        """Yield what holds after each of some days, if the same holds after the first and last."""
        open_ = self._asked(first.isoformat())
        if open_ is not None and (first == last or self._asked(last.isoformat()) is open_):
            begin, end = (datetime.combine(day, _MIDNIGHT) for day in (first, last + ONE_DAY))
            yield Stretch(begin, end, open_)

    def _between(
        self, begin: datetime, end: datetime, turning: set[datetime], mark: str = ""
    ) -> Iterator[Stretch]:
        """Yield what holds in a stretch of times, as far as it is the same from turn to turn.

        What holds from a turn on may hold after its very instant only.
        """
        points = sorted({begin, *(each for each in turning if begin < each < end)})
        for first, last in pairwise([*points, end]):
            for since, until in ((first, first + _TICK), (first + _TICK, last)):
                times = (since, until - _TICK)
                found = {self._asked(f"{each.isoformat()}{mark}") for each in times}
                open_ = found.pop()
                if open_ is not None and not found:
                    yield Stretch(since, until, open_)

    def _asked(self, written: str) -> Open | None:
        """Return what is open after a treatment as it is written; nothing if it is refused.

        A day or time that is refused is rejected row by row, with the reason.
        """
        try:
            return self._openings.after(self._decider.when(written, self._tz))
        except MesocareError:
            return None
