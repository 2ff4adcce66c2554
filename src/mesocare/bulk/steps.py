"""The verdicts after treatments of one type in one zone: a step function of the local time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.timespan import Days, turns

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import tzinfo

    from mesocare.core.timespan import Span

# How far back treatments are laid out.
HORIZON = timedelta(days=3653)
_TICK = timedelta(microseconds=1)
# A change of clocks this near to the instant can move the end of a window of days.
_NEAR = timedelta(days=2)

Cells = tuple[str, ...]


class Steps(NamedTuple):
    """Verdicts by the local time of treatment, to the microsecond.

    Attributes:
        breaks: Naive local times, in order; `cells[n]` holds from `breaks[n - 1]` up to, and not
            at, `breaks[n]`. To look one up: `cells[bisect_right(breaks, local)]`.
        cells: The verdicts in the order of the activities; `None` where the engine has to be asked.
    """

    breaks: list[datetime]
    cells: list[Cells | None]


def steps(
    turning: Iterable[datetime],
    first: datetime,
    last: datetime,
    at: Callable[[datetime], Cells | None],
) -> Steps:
    """Return the steps between the local times at which the verdicts may change.

    What holds just after one turning point has to hold just before the next: that is looked at.

    Args:
        turning: The turning points.
        first: The first local time that is asked about; before it nothing is known.
        last: The last one; after it nothing is known.
        at: What holds after a treatment at a local time.
    """
    points = sorted(each for each in {first, last, *turning} if first <= each <= last)
    breaks: list[datetime] = []
    cells: list[Cells | None] = [None]
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
        spans: By type, the ends of every phase that the verdicts rest on.
        at: The instant, in UTC, at which times are read.
        judged_at: The instant asked about, in UTC.
    """

    def __init__(
        self, spans: Mapping[str, Collection[Span]], at: datetime, judged_at: datetime
    ) -> None:
        self._spans = spans
        self._at = at
        self._judged_at = judged_at
        # By name: a zone that only the C library knows cannot be a key.
        self._clock_changes: dict[str, list[datetime]] = {}

    def of(self, type_: str, tz: str, zone: tzinfo) -> Iterator[datetime]:
        """Yield those of a type in a zone, which goes by the name `tz`; some come twice."""
        yield from self._closings(type_, zone)
        if tz not in self._clock_changes:
            found = turns(self._at - HORIZON, self._at, zone)
            naive = [(turn.replace(tzinfo=None), offsets) for turn, *offsets in found]
            self._clock_changes[tz] = [turn + each for turn, offsets in naive for each in offsets]
        yield from self._clock_changes[tz]

    def _closings(self, type_: str, zone: tzinfo) -> Iterator[datetime]:
        """Yield the times after which a window closes at the instant asked about."""
        ends = {self._judged_at.astimezone(zone).replace(tzinfo=None)}
        for turn, before, after in turns(self._judged_at - _NEAR, self._judged_at + _NEAR, zone):
            local = turn.replace(tzinfo=None)
            shown = {*ends, local + before, local + after}
            ends |= {each + shift for each in shown for shift in (before - after, after - before)}
            ends |= shown
        for span in self._spans[type_]:
            if isinstance(span, Days):
                yield from (end - timedelta(days=span.number) for end in ends)
            else:
                start = self._judged_at - timedelta(hours=span.number)
                yield start.astimezone(zone).replace(tzinfo=None)
