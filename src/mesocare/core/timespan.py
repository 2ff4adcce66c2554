"""Spans of time, and the interval in which a treatment took place.

Hours and days are two types because they are two things. Hours are elapsed time: 24 of them pass
in 24 hours whatever the clocks do. Days are calendar time: seven days later it is the same
clock time on another date, although an hour more or less may have passed.

Every instant is an aware datetime in UTC. Python compares two datetimes of one zone by their wall
clock and ignores a change of offset, so local time appears here only to count calendar days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

_SPAN = re.compile(r"([1-9][0-9]{0,3}) (h|d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hours:
    """Elapsed hours."""

    count: int

    @property
    def nominal_hours(self) -> int:
        """The span in hours, for comparing it with the figures of sources."""
        return self.count

    def __str__(self) -> str:
        """Return the span as rule files write it: `48 h`."""
        return f"{self.count} h"


@dataclass(frozen=True, slots=True)
class Days:
    """Calendar days: the same local clock time, `count` dates later."""

    count: int

    @property
    def nominal_hours(self) -> int:
        """The span in hours when no clock changes within it."""
        return self.count * 24

    def __str__(self) -> str:
        """Return the span as rule files write it: `7 d`."""
        return f"{self.count} d"


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
        return start + timedelta(hours=span.count)
    local = start.astimezone(zone)
    wall = local.replace(tzinfo=None) + timedelta(days=span.count)
    # In a gap or a fold the two values of `fold` name the two possible instants (PEP 495);
    # on any other day they name the same one.
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(first, second) if cautious else min(first, second)


def day_number(start: datetime, at: datetime, zone: tzinfo) -> int:
    """Return how many dates lie between two instants in `zone`; 0 is the day of `start`."""
    return (at.astimezone(zone).date() - start.astimezone(zone).date()).days
