"""Spans of time, and the interval in which a treatment took place.

Hours and days are two types because they are two things. Hours are elapsed time: 24 of them pass
in 24 hours whatever the clocks do. Days are calendar time: seven days later it is the same
clock time on another date, although an hour more or less may have passed.

Every instant is an aware datetime in UTC. Python compares two datetimes of one zone by their wall
clock and ignores a change of offset, so local time appears here only to count calendar days.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

# No zone has ever moved its clocks by more than a day, and none twice within three days (the
# nearest: Freetown in September 1939, 96 hours).
_WIDEST_CHANGE = timedelta(hours=30)
_STEP = timedelta(days=2)
_PRECISION = timedelta(milliseconds=100)

_SPAN = re.compile(r"([1-9][0-9]{0,3}) (h|d)", re.ASCII)


def check_aware(at: datetime) -> None:
    """Refuse a datetime that says of no zone what it means.

    Raises:
        ValueError: It is naive.
    """
    if at.utcoffset() is None:
        message = f"{at.isoformat()} names no zone; give an aware datetime, such as in UTC"
        raise ValueError(message)


class Hours(NamedTuple):
    """Elapsed hours; their unit keeps them from being equal to as many days."""

    number: int
    unit: str = "h"

    @property
    def nominal_hours(self) -> int:
        """The span in hours, for comparing it with the figures of sources."""
        return self.number

    def __str__(self) -> str:
        """Return the span as rule files write it: `48 h`."""
        return f"{self.number} {self.unit}"


class Days(NamedTuple):
    """Calendar days: the same local clock time, `number` dates later."""

    number: int
    unit: str = "d"

    @property
    def nominal_hours(self) -> int:
        """The span in hours when no clock changes within it."""
        return self.number * 24

    def __str__(self) -> str:
        """Return the span as rule files write it: `7 d`."""
        return f"{self.number} {self.unit}"


Span = Hours | Days


def parse_span(text: str) -> Span:
    """Read a span as rule files write it: `48 h` or `7 d`.

    Raises:
        ValueError: The text is not of that form.
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        message = f"not a duration: {text!r}"
        raise ValueError(message)
    count = int(match[1])
    return Hours(count) if match[2] == "h" else Days(count)


class Interval(NamedTuple):
    """When a treatment took place, as far as it is known.

    Attributes:
        earliest: The earliest possible instant, in UTC.
        latest: The latest possible instant, in UTC; equal to `earliest` when the time is known.
        zone: The time zone in which calendar days are counted from it.
    """

    earliest: datetime
    latest: datetime
    zone: tzinfo


def closing(start: datetime, span: Span, zone: tzinfo, *, cautious: bool = True) -> datetime:
    """Return the instant at which a window that opened at `start` closes.

    Args:
        start: The opening instant, in UTC.
        span: How long the window is.
        zone: Where calendar days are counted.
        cautious: For a clock time that the closing day has twice or not at all: `True` takes the
            later instant, so that no restriction ends early; `False` the earlier one, so that no
            expected reaction is called normal for too long.

    Returns:
        The closing instant in UTC; the window does not include it.
    """
    if isinstance(span, Hours):
        return start + timedelta(hours=span.number)
    return _at_wall(_wall(start, zone) + timedelta(days=span.number), zone, cautious=cautious)


def opening(end: datetime, span: Span, zone: tzinfo) -> datetime:
    """Return the instant (UTC) at which a window before `end` (UTC) opens.

    Hours are elapsed time, days the same clock time so many days before; of two, or around a time
    that never was, the earlier one.
    """
    if isinstance(span, Hours):
        return end - timedelta(hours=span.number)
    return _at_wall(_wall(end, zone) - timedelta(days=span.number), zone, cautious=False)


def last_closing(when: Interval, span: Span) -> datetime:
    """Return the latest instant, in UTC, at which a window can close, whenever it opened.

    That is the closing from the latest opening, except where calendar days meet a change of clocks:
    a wall clock that was put back has shown a later time before `when.latest`, and one put forward
    on the closing day moves the times it skips beyond those that follow.
    """
    end = closing(when.latest, span, when.zone)
    if isinstance(span, Hours) or when.earliest == when.latest:
        return end
    first, last = _wall(when.earliest, when.zone), _wall(when.latest, when.zone)
    # Equal readings are one clock time that came twice, with nothing in between.
    if first == last:
        return end
    ends = [end]
    days = timedelta(days=span.number)
    for turn, before, after in turns(when.earliest, when.latest, when.zone):
        if after < before:
            last = max(last, turn.replace(tzinfo=None) + before)
    if last > _wall(when.latest, when.zone):
        ends.append(_at_wall(last + days, when.zone, cautious=True))
    around = (when.earliest + days - _WIDEST_CHANGE, when.latest + days + _WIDEST_CHANGE)
    for turn, before, after in turns(*around, when.zone):
        skipped_until = turn.replace(tzinfo=None) + after
        if after > before and first < skipped_until - days <= last:
            ends.append(turn + (after - before))
    return max(ends)


def _wall(instant: datetime, zone: tzinfo) -> datetime:
    """Return what the clock on the wall shows."""
    return instant.astimezone(zone).replace(tzinfo=None)


def _at_wall(wall: datetime, zone: tzinfo, *, cautious: bool) -> datetime:
    """Return the instant of a wall clock reading; of two, or around a gap, as `cautious` says."""
    # In a gap or a fold the two values of `fold` name the two possible instants (PEP 495);
    # on any other day they name the same one.
    both = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return max(both) if cautious else min(both)


def turns(
    begin: datetime, end: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Yield each change of clocks after `begin` and up to `end`, with the offsets around it.

    All instants are in UTC. Two changes within two days of each other would be seen as one, or not
    at all; no zone has had any.
    """
    after = _offset(begin, zone)
    while begin < end:
        step = min(begin + _STEP, end)
        before, after = after, _offset(step, zone)
        if before != after:
            low, high = begin, step
            while high - low > _PRECISION:
                middle = low + (high - low) // 2
                low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
            yield high.replace(microsecond=0), before, after
        begin = step


def _offset(instant: datetime, zone: tzinfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def day_number(start: datetime, at: datetime, zone: tzinfo) -> int:
    """Return how many dates lie between two instants in `zone`; 0 is the day of `start`."""
    return (at.astimezone(zone).date() - start.astimezone(zone).date()).days
