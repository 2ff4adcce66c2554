"""Which windows are open at one instant, after a treatment at any time: what all kinds share.

Verdicts change where a window closes, and every kind of treatment has some of the same few windows.
So the times at which one closes are looked for once per zone, for all of them; a kind reads its
verdicts off that.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mesocare.bulk.verdict_table import HORIZON, TurningPoints, steps
from mesocare.core.calendar import instants
from mesocare.core.timespan import Interval, closing, last_closing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import tzinfo

    from mesocare.bulk.verdict_table import Steps
    from mesocare.core.timespan import Span

# More than any change of clocks can add to a window.
_SPARE = timedelta(days=4)
_MOST_WHENS = 2_048
# The steps of a zone take some 10 kB.
_MOST_STEPS = 1_024


class Open:
    """Which windows are open after a treatment; there is one of these for all that are alike.

    Attributes:
        windows: By the length of a window, whether it is open had the treatment been as late as
            possible, and as early as possible.
        after: When such a treatment was.
    """

    __slots__ = ("after", "windows")

    def __init__(self, windows: dict[Span, tuple[bool, bool]], after: Interval) -> None:
        self.windows = windows
        self.after = after


class Openings:
    """Which windows are open at one instant.

    Args:
        spans: How long windows are.
        at: The instant, in UTC, at which times are read: no treatment lies after it.
        judged_at: The instant asked about, in UTC.
        zone: Gives the zone of a name, and raises `MesocareError` where there is none.

    Attributes:
        settled: The instant, in UTC, before which no time of treatment makes a difference.
        after_all: What holds after a treatment before that: every window has closed.
    """

    def __init__(
        self,
        spans: Iterable[Span],
        at: datetime,
        judged_at: datetime,
        zone: Callable[[str], tzinfo],
    ) -> None:
        self._spans = tuple(dict.fromkeys(spans))
        self._at, self._judged_at = at, judged_at
        self._zone = zone
        longest = max((span.nominal_hours for span in self._spans), default=0)
        self.settled = judged_at - timedelta(hours=longest) - _SPARE
        self._turning = TurningPoints(at, judged_at)
        self._alike: dict[tuple[tuple[bool, bool], ...], Open] = {}
        self._after: dict[tuple[datetime, datetime, int], Open] = {}
        self._steps: dict[str, Steps[Open]] = {}
        past = self.settled - _SPARE
        self.after_all = self._found(Interval(past, past, UTC))

    def after(self, when: Interval) -> Open:
        """Return what is open after a treatment."""
        if when.latest < self.settled:
            return self.after_all
        key = (when.earliest, when.latest, id(when.zone))  # what is remembered keeps the zone alive
        found = self._after.get(key)
        if found is None:
            if len(self._after) >= _MOST_WHENS:
                self._after.clear()
            found = self._after[key] = self._found(when)
        return found

    def at_once(self, when: Interval, tz: str) -> Open | None:
        """Return the same where it can be looked up; `None` where it has to be worked out."""
        if when.latest < self.settled:
            return self.after_all
        if when.earliest == when.latest and tz in self._steps:
            steps_ = self._steps[tz]
            local = when.latest.astimezone(when.zone).replace(tzinfo=None)
            return steps_.cells[bisect_right(steps_.breaks, local)]
        return None

    def turning_points(self, tz: str) -> set[datetime]:
        """Return every local time of treatment at which something may change.

        Raises:
            MesocareError: There is no such zone.
        """
        zone = self._zone(tz)
        settled = self.settled.astimezone(zone).replace(tzinfo=None)
        return {settled, *self._turning.of(self._spans, tz, zone)}

    def known(self, tz: str) -> bool:
        """Whether the steps of a zone are there."""
        return tz in self._steps

    def steps(self, tz: str) -> Steps[Open]:
        """Return what is open, by local time of treatment in a zone.

        Raises:
            MesocareError: There is no such zone.
        """
        found = self._steps.get(tz)
        if found is None:
            found = self._compiled(tz)
            if len(self._steps) >= _MOST_STEPS:
                self._steps.clear()
            self._steps[tz] = found
        return found

    def _compiled(self, tz: str) -> Steps[Open]:
        """Look at and between the local times at which something may change."""
        zone = self._zone(tz)

        def at(local: datetime) -> Open | None:
            found = instants(local, zone)
            if len(found) != 1 or found[0] > self._at:
                return None
            return self.after(Interval(found[0], found[0], zone))

        first, last = (
            each.astimezone(zone).replace(tzinfo=None) for each in (self._at - HORIZON, self._at)
        )
        return steps(self.turning_points(tz), first, last, at)

    def _found(self, when: Interval) -> Open:
        late = [self._judged_at < last_closing(when, span) for span in self._spans]
        early = late
        if when.earliest != when.latest:
            ends = (closing(when.earliest, span, when.zone) for span in self._spans)
            early = [self._judged_at < end for end in ends]
        flags = tuple(zip(late, early, strict=True))
        found = self._alike.get(flags)
        if found is None:
            windows = dict(zip(self._spans, flags, strict=True))
            found = self._alike[flags] = Open(windows, when)
        return found
