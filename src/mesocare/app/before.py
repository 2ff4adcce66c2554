"""What comes before a treatment: gathered for one appointment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.aftercare.washout import leave_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from mesocare.core.aftercare.washout import Leave
    from mesocare.core.model import Point, Preparation, RuleSet
    from mesocare.core.timespan import Interval


class Ahead(NamedTuple):
    """An appointment and what comes before it.

    Attributes:
        at: The instant asked about, in UTC.
        zone: The time zone in which every instant is shown.
        appointment: When the treatment will be, as far as that is known.
        types: The types of treatment.
        rules: The rule set.
        leave: What to leave out, what begins first coming first.
        checklist: The points for these types by kind.
        no_color: Whether colour was declined.
    """

    at: datetime
    zone: tzinfo
    appointment: Interval
    types: tuple[str, ...]
    rules: RuleSet
    leave: tuple[Leave, ...]
    checklist: dict[str, tuple[Point, ...]]
    no_color: bool = False


def ahead(  # noqa: PLR0913 - what an appointment is
    appointment: Interval,
    types: Sequence[str],
    rules: RuleSet,
    at: datetime,
    zone: tzinfo,
    *,
    only: Sequence[Preparation] = (),
    no_color: bool = False,
) -> Ahead:
    """Return what comes before an appointment.

    Args:
        appointment: When it will be.
        types: The types of treatment; at least one.
        rules: The rule set.
        at: The instant asked about, in UTC.
        zone: The zone in which instants are shown.
        only: What is asked about alone; everything if left out.
        no_color: Whether colour was declined.
    """
    before = rules.before()
    leave = leave_out(appointment, types, before, at)
    if only:
        wanted = {each.id for each in only}
        leave = tuple(each for each in leave if each.preparation.id in wanted)
    checklist = {
        kind: tuple(each for each in points if not each.types or set(each.types) & set(types))
        for kind, points in before.checklist.items()
    }
    return Ahead(at, zone, appointment, tuple(types), rules, leave, checklist, no_color)
