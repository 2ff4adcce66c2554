"""Many treatments at one instant: the verdicts as a step function of the time of treatment.

The engine answers for one treatment. For a million of them it is asked only where its answer can
change: at the times from which a window closes at the instant asked about, and around changes of
clocks. Between two such times the verdicts are the same, which is checked at both ends; where they
are not, and where a clock time came twice or not at all, the step holds nothing and the treatment
goes the slow way, through the engine itself. Once every window has closed for good, only the type
makes a difference. Nor is the engine asked twice of one kind of treatment after which the very same
windows are still open.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from mesocare.bulk.kinds import MOST_NAMES, SPARE, Kinds, longest, stripped
from mesocare.bulk.verdict_table import HORIZON, TurningPoints, steps
from mesocare.core.calendar import instants
from mesocare.core.model import Item, Treatment
from mesocare.core.timespan import Interval
from mesocare.core.verdict.standing import GroupSubject, subjects
from mesocare.core.verdict.windows import Closings
from mesocare.errors import DateError, MesocareError, OrderError
from mesocare.parsing import dates
from mesocare.parsing.date_order import UNSETTLED, from_serial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from mesocare.bulk.kinds import Key, Kind, Written
    from mesocare.bulk.verdict_table import Cells, Steps
    from mesocare.core.model import Group, RuleSet
    from mesocare.core.verdict.standing import Subject
    from mesocare.parsing.date_order import Orders

# What is remembered must not grow with the table: some 4 MB at most.
MOST_REMEMBERED = 16_384
# Steps take some 10 kB each.
MOST_STEPS = 1_024
_MOST_WHENS = 2_048
# When windows close after one treatment takes some 2 kB.
_MOST_CLOSINGS = 2_048
# From so many treatments of a kind and zone on, its steps are worth the making.
_WORTH_STEPS = 8


# Any way to write midnight that a program may have written for a date.
_MIDNIGHT = re.compile(
    r"\s*(?:(?P<day>\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:[.,]0+)?)?"
    r"\s*(?P<offset>Z|[+-]\d\d:?\d\d)?"
    r"|(?P<other>\d.*\d) (?:0?0:00(?::00(?:[.,]0+)?)?|12:00(?::00)? ?[aA]\.?[mM]\.?))\s*"
)
# How some write the clock: 14.30 Uhr, 14h30.
_CLOCK = re.compile(r"(\d\d?)[.hH](\d\d)")
_PART_OF_DAY = re.compile(r"0?[.,]\d+|0")
_ISO_DAY, _ISO_CLOCK = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d\d:\d\d(:\d\d)?")


class Decider:
    """The verdicts on some activities after treatments of any kind and zone, at one instant.

    What was done is given as the cell of its type, or as that with the cells of what was injected
    and who was treated.

    Args:
        rules: The rule set.
        activities: What is asked about, items or groups.
        at: The instant, in UTC, at which times are read: no treatment lies after it.
        zone: Where a treatment took place whose zone nobody named.
        judged_at: The instant asked about, in UTC, if it is a later one than `at`.
        exact: Whether a treatment at midnight was at midnight. Otherwise it was some time that day:
            programs write 00:00 where they hold a date, and a table says that of no time at all.
        orders: In which order the numbers of a date are meant, if somebody has said so.
        survey: What looks at the whole column for that, once a date has more than one reading.
        types: From a word for a type, folded, to the type that somebody said it means.

    Attributes:
        kinds: What kinds of treatments there are.
        midnights: Whether such a treatment was met.
        orders: The order, as soon as it is settled.
    """

    def __init__(  # noqa: PLR0913 - what one table is asked
        self,
        rules: RuleSet,
        activities: Sequence[Item | Group],
        at: datetime,
        zone: tzinfo,
        judged_at: datetime | None = None,
        *,
        exact: bool = False,
        orders: Orders = UNSETTLED,
        survey: Callable[[], Orders] | None = None,
        types: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.rules = rules
        self.exact = exact
        self.orders = orders
        self._survey = None if orders != UNSETTLED else survey
        self.midnights = False
        self.activities = tuple(activities)
        ids = {
            id_: None
            for each in self.activities
            for id_ in ([each.id] if isinstance(each, Item) else each.items)
        }
        self._items = [rules.items[id_] for id_ in ids]
        self.kinds = Kinds(rules, self._items, types)
        self.at = at
        self.judged_at = judged_at or at
        self._zones: dict[str, tzinfo | MesocareError] = {"": zone}
        self._turning = TurningPoints(at, self.judged_at)
        self._steps: dict[tuple[Key, str], Steps] = {}
        self._asked: Counter[tuple[Key, str]] = Counter()
        self._known: dict[tuple[str, Written, str], Cells] = {}
        self._alike: dict[Cells, Cells] = {}
        self._whens: dict[tuple[str, str], tuple[Interval, bool]] = {}
        self._closing: dict[tuple[datetime, datetime, int], Closings] = {}
        self._instants: dict[str, dict[datetime, list[datetime]]] = {}
        self._by_open: dict[tuple[object, ...], Cells] = {}
        self._settled: dict[Key, Cells] = {}
        self._longest = longest(
            span
            for item in self._items
            for type_ in rules.types
            for span in item.rules[type_].spans
        )

    def cells(self, treated: str, type_: Written, tz: str = "") -> Cells:
        """Return the verdicts for a treatment as somebody wrote it, in the order of activities.

        Raises:
            MesocareError: The time, the type or the zone cannot be used; the message says why.
        """
        type_, tz = stripped(type_), tz.strip()
        key = (treated, type_, tz)
        found = self._known.get(key)
        if found is None:
            treatment, kind = self.treatment(treated, type_, tz), self.kinds.of(type_)
            found = self._quickly(treatment, kind, tz)
            # Only what took the engine is worth the memory.
            if found is None:
                found = self._verdicts(treatment, kind)
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                self._known[key] = found
        return found

    def treatment(self, treated: str, type_: Written, tz: str = "") -> Treatment:
        """Return a treatment as somebody wrote it.

        Raises:
            MesocareError: The time, the type or the zone cannot be used.
        """
        kind, zone = self.kinds.of(stripped(type_)), self.zone(tz)
        key = (treated, tz)
        found = self._whens.get(key)
        if found is None:
            found = self._when(treated, zone)
            if len(self._whens) >= _MOST_WHENS:
                self._whens.clear()
            self._whens[key] = found
        when, midnight = found
        self.midnights |= midnight
        return _treatment(kind, when)

    def _when(self, treated: str, zone: tzinfo) -> tuple[Interval, bool]:
        """Return when a treatment was, and whether that is a midnight taken for its day."""
        today = self.at.astimezone(zone).date()
        try:
            written = from_serial(treated, today, self.orders) or treated
            midnight = None if self.exact else _MIDNIGHT.fullmatch(written)
            if midnight is None:
                return self._read(written, zone), False
            where = zone if midnight["offset"] is None else _offset(midnight["offset"])
            day = self._read(midnight["day"] or midnight["other"], where)
        except OrderError:
            if self._survey is None:
                raise
            survey, self._survey = self._survey, None
            self.orders = survey()
            self._whens.clear()  # read without it
            return self._when(treated, zone)
        return Interval(day.earliest, day.latest, zone), True

    def _read(self, treated: str, zone: tzinfo) -> Interval:
        return dates.parse_treated(treated, at=self.at, zone=zone, orders=self.orders)

    def steps(self, type_: Written, tz: str = "") -> Steps:
        """Return the verdicts by local time of treatment, for a kind and a zone.

        Raises:
            MesocareError: There is no such kind or zone.
        """
        return self._steps_of(self.kinds.of(type_), tz)

    def _steps_of(self, kind: Kind, tz: str) -> Steps:
        key = (kind.key, tz)
        found = self._steps.get(key)
        if found is None:
            found = self._compiled(kind, tz)
            if len(self._steps) >= MOST_STEPS:
                self._steps.clear()
                self._instants.clear()
            self._steps[key] = found
        return found

    def settled(self, type_: Written) -> datetime:
        """Return the instant, in UTC, before which nothing but the kind of a treatment matters.

        Raises:
            MesocareError: There is no such kind.
        """
        return self._settled_at(self.kinds.of(type_))

    def _settled_at(self, kind: Kind) -> datetime:
        return self.judged_at - max(self._longest, kind.longest)

    def after_all(self, type_: Written) -> Cells:
        """Return what holds after a treatment before `settled`: each rule is in its last phase."""
        return self._after_all(self.kinds.of(type_))

    def _after_all(self, kind: Kind) -> Cells:
        if kind.key not in self._settled:
            past = self._settled_at(kind) - SPARE
            when = Interval(past, past, self.zone(""))
            self._settled[kind.key] = self._verdicts(_treatment(kind, when), kind)
        return self._settled[kind.key]

    def turning_points(self, type_: Written, tz: str = "") -> set[datetime]:
        """Return every local time of treatment at which a verdict may change.

        Raises:
            MesocareError: There is no such kind or zone.
        """
        return self._turning_points(self.kinds.of(type_), tz)

    def _turning_points(self, kind: Kind, tz: str) -> set[datetime]:
        zone = self.zone(tz)
        # Before `settled` every window has closed, and nothing but the kind makes a difference.
        settled = self._settled_at(kind).astimezone(zone).replace(tzinfo=None)
        return {settled, *self._turning.of(kind.spans, tz, zone)}

    def ready(self, type_: Written, tz: str = "") -> Steps | None:
        """Return the steps of a kind and a zone once so many asked for them that they are worth it.

        Raises:
            MesocareError: There is no such kind or zone.
        """
        return self._ready(self.kinds.of(type_), tz)

    def _ready(self, kind: Kind, tz: str) -> Steps | None:
        key = (kind.key, tz)
        if key not in self._steps:
            self.zone(tz)
            if len(self._asked) >= MOST_REMEMBERED:
                self._asked.clear()
            self._asked[key] += 1
            if self._asked[key] < _WORTH_STEPS:
                return None
        return self._steps_of(kind, tz)

    def zone(self, tz: str) -> tzinfo:
        """Return a zone by its name; by none, that of rows that name none.

        Raises:
            MesocareError: There is no such zone.
        """
        found = self._zones.get(tz)
        if found is None:
            try:
                found = dates.parse_zone(tz)
            except MesocareError as error:
                found = type(error)(error.message, error.hint)
            if len(self._zones) >= MOST_NAMES:
                self._zones = {"": self._zones[""]}
            self._zones[tz] = found
        if isinstance(found, MesocareError):
            raise found.with_traceback(None)
        return found

    def _quickly(self, treatment: Treatment, kind: Kind, tz: str) -> Cells | None:
        """Return the verdicts where they are known without asking the engine anew."""
        when = treatment.when
        if when.latest < self._settled_at(kind):
            return self._after_all(kind)
        if when.earliest == when.latest and (steps := self._ready(kind, tz)):
            local = when.latest.astimezone(when.zone).replace(tzinfo=None)
            return steps.cells[bisect_right(steps.breaks, local)]
        return None

    def subjects(self, treatment: Treatment) -> Iterator[Subject]:
        """Yield the activities after a treatment, in order; items that they share only once."""
        items = subjects(self._items, [treatment])
        for each in self.activities:
            yield items[each.id] if isinstance(each, Item) else GroupSubject(each, items)

    def _verdicts(self, treatment: Treatment, kind: Kind) -> Cells:
        """Ask the engine, unless the same windows were open after another of the kind."""
        closings = self._closings(treatment)
        open_ = tuple(self.judged_at < closings.latest(span) for span in kind.spans)
        if not closings.exact:
            open_ += tuple(self.judged_at < closings.earliest(span) for span in kind.spans)
        key = (kind.key, open_)
        found = self._by_open.get(key)
        if found is None:
            cells = tuple(each.verdict(self.judged_at).value for each in self.subjects(treatment))
            found = self._alike.setdefault(cells, cells)
            if len(self._by_open) >= MOST_REMEMBERED:
                self._by_open.clear()
            self._by_open[key] = found
        return found

    def _closings(self, treatment: Treatment) -> Closings:
        """Return when windows close after a treatment, whatever its kind."""
        when = treatment.when
        key = (when.earliest, when.latest, id(when.zone))  # what is remembered keeps the zone alive
        found = self._closing.get(key)
        if found is None:
            if len(self._closing) >= _MOST_CLOSINGS:
                self._closing.clear()
            found = self._closing[key] = Closings(treatment)
        return found

    def _compiled(self, kind: Kind, tz: str) -> Steps:
        """Ask the engine at and between the local times at which its answer may change."""
        zone, settled = self.zone(tz), self._settled_at(kind)
        known = self._instants.setdefault(tz, {})

        def at(local: datetime) -> Cells | None:
            found = known.get(local)
            if found is None:
                found = known[local] = instants(local, zone)
            if len(found) != 1 or found[0] > self.at:
                return None
            if found[0] < settled:
                return self._after_all(kind)
            return self._verdicts(_treatment(kind, Interval(found[0], found[0], zone)), kind)

        first, last = (
            each.astimezone(zone).replace(tzinfo=None) for each in (self.at - HORIZON, self.at)
        )
        return steps(self._turning_points(kind, tz), first, last, at)


def _treatment(kind: Kind, when: Interval) -> Treatment:
    return Treatment(kind.type, when, details=kind.details)


def _offset(text: str) -> tzinfo:
    """Return the zone of a written offset."""
    return datetime.strptime(text, "%z").tzinfo or UTC


def joined(day: str, clock: str) -> str:
    """Return a date and the clock time that stands beside it in one text; one without is a day.

    Raises:
        DateError: The date has another time of its own.
    """
    day, clock = day.strip(), clock.strip()
    if not clock:
        return day
    clock = clock.removesuffix("Uhr").removesuffix("uhr").removesuffix("h").strip()
    if found := _CLOCK.fullmatch(clock):
        clock = f"{found[1]}:{found[2]}"
    elif _PART_OF_DAY.fullmatch(clock):
        # A spreadsheet's time is a part of a day.
        minute = round(float(clock.replace(",", ".")) * 24 * 60) % (24 * 60)
        clock = f"{minute // 60:02}:{minute % 60:02}"
    # A date in a spreadsheet is a midnight.
    bare = _MIDNIGHT.fullmatch(day)
    if bare is not None and not bare["offset"]:
        day = bare["day"] or bare["other"]
    elif ":" in day:
        if day.replace("T", " ").endswith(f" {clock}"):
            return day
        raise DateError(
            f"{day!r} has a time of its own, and {clock!r} stands beside it.",
            "Leave one of them out; to take no column for the time: --map treated_time=",
        )
    return (
        f"{day}T{clock}"
        if _ISO_DAY.fullmatch(day) and _ISO_CLOCK.fullmatch(clock)
        else f"{day} {clock}"
    )
