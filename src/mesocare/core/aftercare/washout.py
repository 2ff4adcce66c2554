"""What to leave out before a treatment, and from when.

Pure: an appointment, types, rules and an instant in, advice out. An appointment whose time is not
known is a whole day, and what has to be left out begins as early as it can have to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.calendar import day_span
from mesocare.core.model import Verdict
from mesocare.core.timespan import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mesocare.core.model import Before, Preparation, Washout
    from mesocare.core.timespan import Interval


class Leave(NamedTuple):
    """What to leave out before an appointment. Instants are in UTC.

    Attributes:
        preparation: What it is.
        washout: The strictest of those for the types asked about.
        begins: From then on it surely has to be; `None` where somebody is to be asked at any time.
        begins_at_latest: The same, the appointment being as late as it can be.
        verdict: What holds at the instant asked about.
    """

    preparation: Preparation
    washout: Washout
    begins: datetime | None
    begins_at_latest: datetime | None
    verdict: Verdict

    @property
    def certain(self) -> bool:
        """Whether knowing the time of the appointment could not change the verdict."""
        return (self.begins is None) or self.begins == self.begins_at_latest


def leave_out(
    appointment: Interval, types: Sequence[str], before: Before, at: datetime
) -> tuple[Leave, ...]:
    """Return what to leave out, what begins first coming first and what is to be asked last.

    Args:
        appointment: When the treatment will be, as far as that is known.
        types: The types of treatment; of several, what begins earlier holds.
        before: What the rule set says of it.
        at: The instant asked about, in UTC.
    """
    found = [
        leave
        for each in before.leave_out.values()
        if (leave := leave_one(each, appointment, types, at)) is not None
    ]
    last = appointment.latest
    return tuple(sorted(found, key=lambda leave: (leave.begins is None, leave.begins or last)))


def leave_one(
    preparation: Preparation, appointment: Interval, types: Sequence[str], at: datetime
) -> Leave | None:
    """Return when one thing is to be left out; `None` where it does not concern the types.

    Of several types the strictest of what holds at the instant does, and of equals what began
    first; before any of it, what will begin first.
    """
    washouts = (preparation.washouts[type_] for type_ in types if type_ in preparation.washouts)
    found = [_leave(preparation, each, appointment, at) for each in washouts]
    return min(found, key=_strictest_first(at), default=None)


def _leave(
    preparation: Preparation, washout: Washout, appointment: Interval, at: datetime
) -> Leave:
    if washout.verdict is Verdict.ASK:
        return Leave(preparation, washout, None, None, Verdict.ASK)
    first, last = _begins(washout, appointment)
    held = washout.verdict if at >= first else Verdict.ALLOWED
    return Leave(preparation, washout, first, last, held)


def _strictest_first(at: datetime) -> Callable[[Leave], tuple[int, datetime, datetime]]:
    """Return the key by which the one that decides comes first."""

    def key(leave: Leave) -> tuple[int, datetime, datetime]:
        return -leave.verdict.severity, leave.begins or at, leave.begins_at_latest or at

    return key


def _begins(washout: Washout, appointment: Interval) -> tuple[datetime, datetime]:
    """Return when a washout begins, the appointment being as early, and as late, as it can be."""
    zone = appointment.zone
    if washout.span is None:
        days = [each.astimezone(zone).date() for each in (appointment.earliest, appointment.latest)]
        spans = [day_span(day, zone) for day in days]
        begins = [span[0] for span in spans if span is not None]
        return min(begins), max(begins)
    ends = [opening(each, washout.span, zone) for each in appointment[:2]]
    return min(ends), max(ends)
