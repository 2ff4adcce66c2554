"""Many treatments at one instant: the verdicts as a step function of the time of treatment.

The engine answers for one treatment. For a million of them it is asked only where its answer can
change. Which windows are open decides that, and is looked up by the time of treatment, whatever the
kind. Of one activity and kind of treatment the engine is asked once while the very same windows are
open.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from mesocare.bulk.kinds import MOST_NAMES, Kinds, stripped
from mesocare.bulk.openings import Openings
from mesocare.bulk.verdict_table import Steps, stretches
from mesocare.core.model import Item, Treatment
from mesocare.core.timespan import Interval
from mesocare.core.verdict.standing import GroupSubject, subjects
from mesocare.errors import DateError, MesocareError, OrderError
from mesocare.parsing import dates
from mesocare.parsing.date_order import UNSETTLED, from_serial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from mesocare.bulk.kinds import Ground, Key, Kind, Written
    from mesocare.bulk.openings import Open
    from mesocare.bulk.verdict_table import Cells, Stretch
    from mesocare.core.model import Group, RuleSet
    from mesocare.core.verdict.standing import ItemSubject, Subject
    from mesocare.parsing.date_order import Orders

# What is remembered must not grow with the table: some 4 MB at most.
MOST_REMEMBERED = 16_384
# Steps take some 10 kB each.
MOST_STEPS = 1_024
_MOST_WHENS = 2_048
# From so many treatments in a zone on, its steps are worth the making.
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
        openings: Which windows are open, whatever the kind.
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
        self._items = [
            [each] if isinstance(each, Item) else [rules.items[id_] for id_ in each.items]
            for each in self.activities
        ]
        self.kinds = Kinds(rules, self._items, types)
        self.at = at
        self.judged_at = judged_at or at
        self._zones: dict[str, tzinfo | MesocareError] = {"": zone}
        self.openings = Openings(self.kinds.spans(), at, self.judged_at, self.zone)
        self._steps: dict[tuple[Key, str], Steps[Cells]] = {}
        self._stretches: dict[tuple[int, str], list[Stretch]] = {}
        self._asked: Counter[str] = Counter()
        self._known: dict[tuple[str, Written, str], Cells] = {}
        self._alike: dict[Cells, Cells] = {}
        self._whens: dict[tuple[str, str], tuple[Interval, bool]] = {}
        self._by_open: dict[tuple[Key, Open], Cells] = {}
        self._verdicts: dict[tuple[object, ...], str] = {}

    def cells(self, treated: str, type_: Written, tz: str = "") -> Cells:
        """Return the verdicts for a treatment as somebody wrote it, in the order of activities.

        Raises:
            MesocareError: The time, the type or the zone cannot be used; the message says why.
        """
        type_, tz = stripped(type_), tz.strip()
        key = (treated, type_, tz)
        found = self._known.get(key)
        if found is None:
            kind, when = self.kinds.of(type_), self.when(treated, tz)
            open_ = self._quickly(when, tz)
            found = self._cells(kind, open_ or self.openings.after(when))
            # Only what was not looked up is worth the memory.
            if open_ is None:
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                self._known[key] = found
        return found

    def treatment(self, treated: str, type_: Written, tz: str = "") -> Treatment:
        """Return a treatment as somebody wrote it.

        Raises:
            MesocareError: The time, the type or the zone cannot be used.
        """
        kind = self.kinds.of(stripped(type_))
        return Treatment(kind.type, self.when(treated, tz), details=kind.details)

    def when(self, treated: str, tz: str = "") -> Interval:
        """Return the time of a treatment as somebody wrote it.

        Raises:
            MesocareError: The time or the zone cannot be used.
        """
        zone = self.zone(tz)
        key = (treated, tz)
        found = self._whens.get(key)
        if found is None:
            found = self._when(treated, zone)
            if len(self._whens) >= _MOST_WHENS:
                self._whens.clear()
            self._whens[key] = found
        when, midnight = found
        self.midnights |= midnight
        return when

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

    def steps(self, type_: Written, tz: str = "") -> Steps[Cells]:
        """Return the verdicts by local time of treatment, for a kind and a zone.

        Raises:
            MesocareError: There is no such kind or zone.
        """
        key = (self.kinds.of(type_).key, tz)
        found = self._steps.get(key)
        if found is None:
            found = self._compiled(type_, tz)
            if len(self._steps) >= MOST_STEPS:
                self._steps.clear()
            self._steps[key] = found
        return found

    def stretches(self, clock: int, tz: str = "") -> list[Stretch]:
        """Return which windows are open after treatments in a zone, by a clock.

        Raises:
            MesocareError: There is no such zone.
        """
        key = (clock, tz)
        if key not in self._stretches:
            if len(self._stretches) >= MOST_STEPS:
                self._stretches.clear()
            self._stretches[key] = stretches(self, clock, tz)
        return self._stretches[key]

    def cells_of(self, type_: Written) -> Callable[[Open], Cells]:
        """Return what tells the verdicts after a kind of treatment, by which windows are open.

        Raises:
            MesocareError: There is no such kind.
        """
        return partial(self._cells, self.kinds.of(type_))

    def ready(self, tz: str = "") -> bool:
        """Whether so many asked for a zone that its steps are worth the making; they are then made.

        Raises:
            MesocareError: There is no such zone.
        """
        if not self.openings.known(tz):
            self.zone(tz)
            if len(self._asked) >= MOST_REMEMBERED:
                self._asked.clear()
            self._asked[tz] += 1
            if self._asked[tz] < _WORTH_STEPS:
                return False
            self.openings.steps(tz)
        return True

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

    def _quickly(self, when: Interval, tz: str) -> Open | None:
        """Return what is open after a treatment where that can be looked up."""
        if when.earliest == when.latest and when.latest >= self.openings.settled:
            self.ready(tz)
        return self.openings.at_once(when, tz)

    def subjects(self, treatment: Treatment) -> Iterator[Subject]:
        """Yield the activities after a treatment, in order; items that they share only once."""
        items = {item.id: item for items in self._items for item in items}
        known = subjects(items.values(), [treatment])
        for each in self.activities:
            yield _subject(each, known)

    def _cells(self, kind: Kind, open_: Open) -> Cells:
        """Return the verdicts after a kind of treatment while some windows are open."""
        key = (kind.key, open_)
        found = self._by_open.get(key)
        if found is None:
            cells = tuple(
                self._verdict(n, ground, kind, open_) for n, ground in enumerate(kind.grounds)
            )
            found = self._alike.setdefault(cells, cells)
            if len(self._by_open) >= MOST_REMEMBERED:
                self._by_open.clear()
            self._by_open[key] = found
        return found

    def _verdict(self, n: int, ground: Ground, kind: Kind, open_: Open) -> str:
        """Ask the engine, unless it was asked on the same ground."""
        key = (n, ground.key, *map(open_.windows.__getitem__, ground.spans))
        found = self._verdicts.get(key)
        if found is None:
            treatment = Treatment(kind.type, open_.after, details=kind.details)
            subject = _subject(self.activities[n], subjects(self._items[n], [treatment]))
            found = subject.verdict(self.judged_at).value
            if len(self._verdicts) >= MOST_REMEMBERED:
                self._verdicts.clear()
            self._verdicts[key] = found
        return found

    def _compiled(self, type_: Written, tz: str) -> Steps[Cells]:
        """Return the steps of a kind: what is open, with the verdicts."""
        cells_of = self.cells_of(type_)
        steps = self.openings.steps(tz)
        breaks: list[datetime] = []
        cells: list[Cells | None] = [None]
        for at, open_ in zip(steps.breaks, steps.cells[1:], strict=True):
            held = None if open_ is None else cells_of(open_)
            if held != cells[-1]:
                breaks.append(at)
                cells.append(held)
        return Steps(breaks, cells)


def _subject(activity: Item | Group, items: Mapping[str, ItemSubject]) -> Subject:
    return items[activity.id] if isinstance(activity, Item) else GroupSubject(activity, items)


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
