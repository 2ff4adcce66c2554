"""Many treatments at one instant: the verdicts as a step function of the time of treatment.

The engine answers for one treatment. For a million of them it is asked only where its answer can
change: at the times from which a window closes at the instant asked about, and around changes of
clocks. Between two such times the verdicts are the same, which is checked at both ends; where they
are not, and where a clock time came twice or not at all, the step holds nothing and the treatment
goes the slow way, through the engine itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mesocare import dates
from mesocare.core.civil import instants
from mesocare.core.engine import answer
from mesocare.core.model import Item, Treatment
from mesocare.core.standing import GroupSubject, ItemSubject
from mesocare.core.timespan import Days, Interval, turns
from mesocare.errors import TreatmentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from mesocare.core.answer import Answer
    from mesocare.core.model import Group, RuleSet
    from mesocare.core.timespan import Span

HORIZON = timedelta(days=3653)
MOST_REMEMBERED = 200_000
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


class Decider:
    """The verdicts on some activities after treatments of any type and zone, at one instant.

    Args:
        rules: The rule set.
        activities: What is asked about, items or groups.
        at: The instant, in UTC, at which times are read: no treatment lies after it.
        zone: Where a treatment took place whose zone nobody named.
        judged_at: The instant asked about, in UTC, if it is a later one than `at`.
    """

    def __init__(
        self,
        rules: RuleSet,
        activities: Sequence[Item | Group],
        at: datetime,
        zone: tzinfo,
        judged_at: datetime | None = None,
    ) -> None:
        self.rules = rules
        self.activities = tuple(activities)
        self.at = at
        self.judged_at = judged_at or at
        self._zones: dict[str, tzinfo] = {"": zone}
        self._steps: dict[tuple[str, str], Steps] = {}
        self._known: dict[tuple[str, str, str], Cells] = {}

    def cells(self, treated: str, type_: str, tz: str = "") -> Cells:
        """Return the verdicts for a treatment as somebody wrote it, in the order of activities.

        Raises:
            MesocareError: The time, the type or the zone cannot be used; the message says why.
        """
        key = (treated, type_, tz)
        found = self._known.get(key)
        if found is None:
            found = self._verdicts(self.treatment(treated, type_, tz))
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return found

    def answers(self, treated: str, type_: str, tz: str = "") -> list[Answer]:
        """Return everything the engine has to say of each activity.

        Raises:
            MesocareError: The time, the type or the zone cannot be used.
        """
        treatment = self.treatment(treated, type_, tz)
        return [answer(each, [treatment], self.rules, self.judged_at) for each in self.activities]

    def treatment(self, treated: str, type_: str, tz: str = "") -> Treatment:
        """Return a treatment as somebody wrote it.

        Raises:
            MesocareError: The time, the type or the zone cannot be used.
        """
        self._check_type(type_)
        interval = dates.parse_treated(treated, at=self.at, zone=self._zone(tz))
        return Treatment(type_, interval)

    def steps(self, type_: str, tz: str = "") -> Steps:
        """Return the verdicts by local time of treatment, for a type and a zone.

        Raises:
            MesocareError: There is no such type or zone.
        """
        key = (type_, tz)
        if key not in self._steps:
            self._check_type(type_)
            self._steps[key] = self._compiled(type_, self._zone(tz))
        return self._steps[key]

    def _zone(self, tz: str) -> tzinfo:
        if tz not in self._zones:
            self._zones[tz] = dates.parse_zone(tz)
        return self._zones[tz]

    def _check_type(self, type_: str) -> None:
        if type_ not in self.rules.types:
            from difflib import get_close_matches

            known = ", ".join(self.rules.types)
            close = get_close_matches(type_.lower(), self.rules.types, n=1, cutoff=0.5)
            message = f"unknown treatment type {type_!r}; known: {known}"
            raise TreatmentError(message, f"Did you mean {close[0]}?" if close else "")

    def _verdicts(self, treatment: Treatment) -> Cells:
        items: dict[str, ItemSubject] = {}

        def subject(id_: str) -> ItemSubject:
            if id_ not in items:
                items[id_] = ItemSubject(self.rules.items[id_], [treatment])
            return items[id_]

        found = []
        for each in self.activities:
            asked = (
                subject(each.id)
                if isinstance(each, Item)
                else GroupSubject(each, {id_: subject(id_) for id_ in each.items})
            )
            found.append(asked.standing(self.judged_at).verdict.value)
        return tuple(found)

    def _compiled(self, type_: str, zone: tzinfo) -> Steps:
        """Ask the engine at and between the local times at which its answer may change."""

        def at(local: datetime) -> Cells | None:
            found = instants(local, zone)
            if len(found) != 1 or found[0] > self.at:
                return None
            return self._verdicts(Treatment(type_, Interval(found[0], found[0], zone)))

        first = (self.at - HORIZON).astimezone(zone).replace(tzinfo=None)
        last = self.at.astimezone(zone).replace(tzinfo=None)
        points = sorted({first, last, *self._turning_points(type_, zone)})
        points = [each for each in points if first <= each <= last]
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

    def _turning_points(self, type_: str, zone: tzinfo) -> Iterator[datetime]:
        """Yield every local time of treatment at which a verdict may change."""
        ends = {self.judged_at.astimezone(zone).replace(tzinfo=None)}
        around = (self.judged_at - _NEAR, self.judged_at + _NEAR)
        for turn, before, after in turns(*around, zone):
            local = turn.replace(tzinfo=None)
            shown = {*ends, local + before, local + after}
            ends |= {each + shift for each in shown for shift in (before - after, after - before)}
            ends |= shown
        for span in self._spans(type_):
            if isinstance(span, Days):
                yield from (end - timedelta(days=span.count) for end in ends)
            else:
                start = self.judged_at - timedelta(hours=span.count)
                yield start.astimezone(zone).replace(tzinfo=None)
        for turn, before, after in turns(self.at - HORIZON, self.at, zone):
            local = turn.replace(tzinfo=None)
            yield from (local + before, local + after)

    def _spans(self, type_: str) -> set[Span]:
        """Return the ends of every phase that the activities rest on."""
        items = {
            id_
            for each in self.activities
            for id_ in ([each.id] if isinstance(each, Item) else each.items)
        }
        rules = (self.rules.items[id_].rules[type_] for id_ in items)
        return {span for rule in rules for span in rule.spans}
