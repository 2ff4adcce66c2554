"""Many treatments at one instant: the verdicts as a step function of the time of treatment.

The engine answers for one treatment. For a million of them it is asked only where its answer can
change: at the times from which a window closes at the instant asked about, and around changes of
clocks. Between two such times the verdicts are the same, which is checked at both ends; where they
are not, and where a clock time came twice or not at all, the step holds nothing and the treatment
goes the slow way, through the engine itself. Once every window has closed for good, only the type
makes a difference.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from mesocare.bulk.verdict_table import HORIZON, TurningPoints, steps
from mesocare.core.calendar import instants
from mesocare.core.model import Item, Treatment
from mesocare.core.timespan import Interval
from mesocare.core.verdict.standing import GroupSubject, subjects
from mesocare.errors import DateError, MesocareError, OrderError
from mesocare.parsing import dates
from mesocare.parsing.date_order import UNSETTLED, from_serial
from mesocare.parsing.types import find_type
from mesocare.text import folded, shell_quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from mesocare.bulk.verdict_table import Cells, Steps
    from mesocare.core.model import Group, RuleSet
    from mesocare.core.verdict.standing import Subject
    from mesocare.parsing.date_order import Orders

# What is remembered must not grow with the table: some 4 MB at most.
MOST_REMEMBERED = 16_384
# From so many treatments of a type and zone on, its steps are worth the making.
_WORTH_STEPS = 48
# Looking for a zone's name among all takes its time, and a column may hold anything.
_MOST_ZONES = 1_000
# More than any change of clocks can add to a window.
_SPARE = timedelta(days=4)


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
    """The verdicts on some activities after treatments of any type and zone, at one instant.

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
        midnights: Whether such a treatment was met.
        orders: The order, as soon as it is settled.
        words: By a type, other words that were taken for it.
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
        self.words: dict[str, set[str]] = {}
        self._survey = None if orders != UNSETTLED else survey
        self._said_types = types
        self._types: dict[str, str | MesocareError] = {each: each for each in rules.types}
        self.midnights = False
        self.activities = tuple(activities)
        ids = {
            id_: None
            for each in self.activities
            for id_ in ([each.id] if isinstance(each, Item) else each.items)
        }
        self._items = [rules.items[id_] for id_ in ids]
        self.at = at
        self.judged_at = judged_at or at
        self._zones: dict[str, tzinfo | MesocareError] = {"": zone}
        spans = {
            type_: {span for item in self._items for span in item.rules[type_].spans}
            for type_ in rules.types
        }
        self._turning = TurningPoints(spans, at, self.judged_at)
        self._steps: dict[tuple[str, str], Steps] = {}
        self._asked: Counter[tuple[str, str]] = Counter()
        self._known: dict[tuple[str, str, str], Cells] = {}
        self._alike: dict[Cells, Cells] = {}
        self._settled: dict[str, Cells] = {}
        longest = max((span.nominal_hours for of in spans.values() for span in of), default=0)
        self._longest = timedelta(hours=longest) + _SPARE

    def cells(self, treated: str, type_: str, tz: str = "") -> Cells:
        """Return the verdicts for a treatment as somebody wrote it, in the order of activities.

        Raises:
            MesocareError: The time, the type or the zone cannot be used; the message says why.
        """
        type_, tz = type_.strip(), tz.strip()
        key = (treated, type_, tz)
        found = self._known.get(key)
        if found is None:
            treatment = self.treatment(treated, type_, tz)
            found = self._quickly(treatment, tz)
            # Only what took the engine is worth the memory.
            if found is None:
                found = self._verdicts(treatment)
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                self._known[key] = found
        return found

    def treatment(self, treated: str, type_: str, tz: str = "") -> Treatment:
        """Return a treatment as somebody wrote it.

        Raises:
            MesocareError: The time, the type or the zone cannot be used.
        """
        type_, zone = self.type(type_), self.zone(tz)
        today = self.at.astimezone(zone).date()
        try:
            written = from_serial(treated, today, self.orders) or treated
            midnight = None if self.exact else _MIDNIGHT.fullmatch(written)
            if midnight is None:
                return Treatment(type_, self._read(written, zone))
            where = zone if midnight["offset"] is None else _offset(midnight["offset"])
            day = self._read(midnight["day"] or midnight["other"], where)
        except OrderError:
            if self._survey is None:
                raise
            survey, self._survey = self._survey, None
            self.orders = survey()
            return self.treatment(treated, type_, tz)
        self.midnights = True
        return Treatment(type_, Interval(day.earliest, day.latest, zone))

    def _read(self, treated: str, zone: tzinfo) -> Interval:
        return dates.parse_treated(treated, at=self.at, zone=zone, orders=self.orders)

    def type(self, words: str) -> str:
        """Return the type that some words name.

        Raises:
            MesocareError: They name none.
        """
        found = self._types.get(words)
        if found is None:
            try:
                found = self._said_types.get(folded(words)) or find_type(words, self.rules)
                if len(self.words) < _MOST_ZONES:
                    self.words.setdefault(found, set()).add(words)
            except MesocareError as error:
                hint = (
                    error.hint or f"Say what it means: --map-type {shell_quoted(f'{words}=face')}"
                )
                found = type(error)(error.message, hint if words else "")
            if len(self._types) >= _MOST_ZONES:
                self._types = {each: each for each in self.rules.types}
            self._types[words] = found
        if isinstance(found, MesocareError):
            raise found.with_traceback(None)
        return found

    def steps(self, type_: str, tz: str = "") -> Steps:
        """Return the verdicts by local time of treatment, for a type and a zone.

        Raises:
            MesocareError: There is no such type or zone.
        """
        key = (self.type(type_), tz)
        if key not in self._steps:
            self._steps[key] = self._compiled(*key)
        return self._steps[key]

    @property
    def settled(self) -> datetime:
        """The instant, in UTC, before which nothing but the type of a treatment matters."""
        return self.judged_at - self._longest

    def after_all(self, type_: str) -> Cells:
        """Return what holds after a treatment before `settled`: each rule is in its last phase."""
        type_ = self.type(type_)
        if type_ not in self._settled:
            zone = self.zone("")
            past = self.judged_at - 2 * self._longest
            self._settled[type_] = self._verdicts(Treatment(type_, Interval(past, past, zone)))
        return self._settled[type_]

    def turning_points(self, type_: str, tz: str = "") -> set[datetime]:
        """Return every local time of treatment at which a verdict may change.

        Raises:
            MesocareError: There is no such type or zone.
        """
        type_ = self.type(type_)
        # Before `settled` every window has closed, and nothing but the type makes a difference.
        settled = self.settled.astimezone(self.zone(tz)).replace(tzinfo=None)
        return {settled, *self._turning.of(type_, tz, self.zone(tz))}

    def ready(self, type_: str, tz: str = "") -> Steps | None:
        """Return the steps of a type and a zone once so many asked for them that they are worth it.

        Raises:
            MesocareError: There is no such type or zone.
        """
        key = (self.type(type_), tz)
        if key not in self._steps:
            self.zone(tz)
            self._asked[key] += 1
            if self._asked[key] < _WORTH_STEPS:
                return None
        return self.steps(type_, tz)

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
            if len(self._zones) >= _MOST_ZONES:
                self._zones = {"": self._zones[""]}
            self._zones[tz] = found
        if isinstance(found, MesocareError):
            raise found.with_traceback(None)
        return found

    def _quickly(self, treatment: Treatment, tz: str) -> Cells | None:
        """Return the verdicts where they are known without asking the engine anew."""
        when = treatment.when
        if when.latest < self.settled:
            return self.after_all(treatment.type)
        if when.earliest == when.latest and (steps := self.ready(treatment.type, tz)):
            local = when.latest.astimezone(when.zone).replace(tzinfo=None)
            return steps.cells[bisect_right(steps.breaks, local)]
        return None

    def subjects(self, treatment: Treatment) -> Iterator[Subject]:
        """Yield the activities after a treatment, in order; items that they share only once."""
        items = subjects(self._items, [treatment])
        for each in self.activities:
            yield items[each.id] if isinstance(each, Item) else GroupSubject(each, items)

    def _verdicts(self, treatment: Treatment) -> Cells:
        found = self.subjects(treatment)
        cells = tuple(each.verdict(self.judged_at).value for each in found)
        return self._alike.setdefault(cells, cells)

    def _compiled(self, type_: str, tz: str) -> Steps:
        """Ask the engine at and between the local times at which its answer may change."""
        zone = self.zone(tz)

        def at(local: datetime) -> Cells | None:
            found = instants(local, zone)
            if len(found) != 1 or found[0] > self.at:
                return None
            if found[0] < self.settled:
                return self.after_all(type_)
            return self._verdicts(Treatment(type_, Interval(found[0], found[0], zone)))

        first, last = (
            each.astimezone(zone).replace(tzinfo=None) for each in (self.at - HORIZON, self.at)
        )
        return steps(self.turning_points(type_, tz), first, last, at)


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
