"""Where instants lie on a drawn axis of time, and which days are named on it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.calendar import ONE_DAY
from mesocare.core.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from mesocare.app.schedule import Schedule, Stretch

# What a picture shows unless more is asked for: beyond, the first days could not be told apart.
MOST_DAYS = 28
LEAST = timedelta(days=7)
_STEPS = (1, 2, 3, 4, 7, 14, 28, 56, 112)


class Axis(NamedTuple):
    """A stretch of time drawn from 0 to `width`; instants in UTC."""

    begin: datetime
    end: datetime
    width: float
    zone: tzinfo

    def place(self, instant: datetime) -> float:
        """Return where an instant is; at the edge if it lies beyond."""
        share = (instant - self.begin) / (self.end - self.begin)
        return min(max(share, 0.0), 1.0) * self.width

    def instant(self, place: float) -> datetime:
        """Return which instant is at a place."""
        return self.begin + (self.end - self.begin) * (place / self.width)

    def midnights(self, room: float) -> list[datetime]:
        """Return the beginnings of the days to name, no nearer to each other than `room`."""
        day = self.begin.astimezone(self.zone).date()
        days = max(1, (self.end.astimezone(self.zone).date() - day).days)
        wanted = room / self.width * days
        step = next((each for each in _STEPS if each >= wanted), _STEPS[-1])
        found = [
            datetime.combine(day + n * ONE_DAY, time(), self.zone).astimezone(UTC)
            for n in range(0, days + 1, step)
        ]
        return [each for each in found if each < self.end]


def axis_of(known: Schedule, width: float, days: int | None = None) -> Axis:
    """Return the axis of a recovery: so many days, or until all groups are open, to four weeks.

    What is drawn beyond the last opening is of no use, and would leave less room for the first
    days, in which the most changes.
    """
    begin, zone = known.begin, known.question.zone
    span = timedelta(days=days or MOST_DAYS)
    if days is None:
        opens = [each.answer.allowed_from or each.answer.limited_from for each in known.groups]
        last = max((each for each in opens if each), default=begin)
        span = min(max(last - begin, LEAST), span)
    return Axis(begin, begin + span, width, zone)


def strictest(stretches: Sequence[Stretch], since: datetime, until: datetime) -> Stretch:
    """Return the strictest of the stretches that hold at some time in a span; never a milder one.

    Of two that are alike, the later, whose exceptions are fewer.
    """
    held = [
        each for each in stretches if each.begin < until and (each.end is None or each.end > since)
    ]
    found = held or stretches[-1:]
    return max(found, key=lambda each: (each.verdict.severity, bool(each.condition)))


def kind(stretch: Stretch) -> str:
    """Return how a stretch is drawn: by its verdict, or `partly` where a part is still closed."""
    if stretch.verdict is Verdict.ALLOWED and stretch.condition:
        return "partly"
    return stretch.verdict.value
