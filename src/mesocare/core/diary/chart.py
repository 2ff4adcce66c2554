"""A diary on the calendar: one axis of local days, the columns of every sign, what was expected.

Pure: entries, treatments and rules in, columns out. Every instant is in UTC; a zone is used only to
tell days apart.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.aftercare.advice import expected_ends, latest_of_each_type
from mesocare.core.diary.entries import SCORES, in_order, records

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime, tzinfo

    from mesocare.core.diary.entries import Entry, Record
    from mesocare.core.model import RuleSet, Treatment
    from mesocare.core.signs import Reaction

ONE_DAY = timedelta(days=1)


class Window(NamedTuple):
    """When a reaction was expected: from `opens` on, and no longer at `closes`."""

    opens: datetime
    closes: datetime


class Kind(StrEnum):
    """What mesocare knows of a sign: a reaction, a red flag, or nothing."""

    REACTION = "reaction"
    RED_FLAG = "red_flag"
    UNKNOWN = "unknown"


class Sign(NamedTuple):
    """What was noted of one sign, beside when it was expected.

    Attributes:
        label: Its name in the rule set, or the words that were typed.
        windows: When it was expected, in the worst case, in the order of time; none if never.
        beyond: Whether it was there, when last noted, without being expected.
        severity: 0 where nothing is unexpected, up to 3 for an emergency; it orders the signs and
            judges nothing.
    """

    label: str
    kind: Kind
    record: Record
    windows: tuple[Window, ...]
    beyond: bool
    severity: int

    def expected_at(self, instant: datetime) -> bool:
        """Whether it was expected at an instant."""
        return any(each.opens <= instant < each.closes for each in self.windows)


class Axis(NamedTuple):
    """Local days from `first` to `last`, `size` of them to a column.

    Attributes:
        zone: In which the days are told apart.
        treated: The days on the axis on which a treatment was, or began to be possible.
        silent: Whether days after `last`, up to the instant asked about, are left out; nothing was
            noted on them.
    """

    first: date
    last: date
    size: int
    zone: tzinfo
    treated: tuple[date, ...]
    silent: bool

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return -(-self.days // self.size)

    def column(self, instant: datetime) -> int:
        """Return the column of an instant; below 0 or past the last one if it is not on it."""
        return (instant.astimezone(self.zone).date() - self.first).days // self.size


class Column(NamedTuple):
    """What was noted in one column: the highest score, and whether the sign was there at all.

    `peak` is `None` without a figure; `noted` is false without any entry; `beyond` says that the
    sign was there when it was not expected.
    """

    noted: bool = False
    present: bool = False
    peak: int | None = None
    beyond: bool = False


def windows(reaction: Reaction, treatments: Sequence[Treatment]) -> tuple[Window, ...]:
    """Return when a reaction is expected, in the order of time, in the worst case.

    It is judged as `triage` judges it: each treatment from its earliest possible time on, and of
    several types the one after which it is over first.
    """
    ordered = sorted(treatments, key=lambda each: each.when.earliest)
    found: list[Window] = []
    before: list[Treatment] = []
    for n, each in enumerate(ordered):
        before = latest_of_each_type([*before, each])
        opens = each.when.earliest
        closes = min(expected_ends(reaction, before).values(), default=opens)
        if n + 1 < len(ordered):
            closes = min(closes, ordered[n + 1].when.earliest)
        if found and found[-1].closes == opens < closes:
            found[-1] = found[-1]._replace(closes=closes)
        elif opens < closes:
            found.append(Window(opens, closes))
    return tuple(found)


def signs(
    entries: Iterable[Entry], treatments: Sequence[Treatment], rules: RuleSet, at: datetime
) -> tuple[Sign, ...]:
    """Return every sign noted up to `at`, the worst first, as what needs a call must be seen first.

    Red flags lead by urgency, then what was there without being expected; among equals what is
    there now, what is stronger and what was noted later. A sign without a figure counts as the
    strongest, since it may be.
    """
    known = {*rules.reactions, *rules.red_flags}
    found = [
        _sign(record, treatments, rules)
        for record in records(in_order(entries, at), known, rules.triage.fever.aliases)
    ]
    return tuple(sorted(found, key=_worst_first))


def _worst_first(sign: Sign) -> tuple[int, bool, int, float, str]:
    latest = sign.record.latest
    score = SCORES[-1] if latest.score is None else latest.score
    return -sign.severity, not latest.present, -score, -latest.at.timestamp(), sign.label


def _sign(record: Record, treatments: Sequence[Treatment], rules: RuleSet) -> Sign:
    latest = record.latest
    reaction = rules.reactions.get(record.sign or "")
    if reaction is not None:
        own = windows(reaction, treatments)
        sign = Sign(reaction.label, Kind.REACTION, record, own, beyond=False, severity=0)
        beyond = bool(treatments) and latest.present and not sign.expected_at(latest.at)
        return sign._replace(beyond=beyond, severity=int(beyond))
    flag = rules.red_flags.get(record.sign or "")
    if flag is not None:
        severity = flag.urgency.severity + 1 if latest.present else int(bool(record.present))
        return Sign(flag.label, Kind.RED_FLAG, record, (), latest.present, severity)
    present = latest.present
    return Sign(latest.words, Kind.UNKNOWN, record, (), present, int(present))


def axis(
    entries: Sequence[Entry],
    treatments: Sequence[Treatment],
    at: datetime,
    zone: tzinfo,
    most: int,
) -> Axis:
    """Return the axis that all signs share, with at most so many columns.

    It begins on the day of the last treatment before the first entry, or of the first entry where
    there is none, and ends on the day asked about. Days at the end without an entry are left out
    where they would cost the others their own column.

    Raises:
        ValueError: There is no entry.
    """
    noted = sorted(each.at for each in entries)
    if not noted:
        message = "no entry to draw"
        raise ValueError(message)
    starts = sorted(each.when.earliest for each in treatments)
    before = [each for each in starts if each <= noted[0]]
    first = (before or noted)[-1 if before else 0].astimezone(zone).date()
    today, latest = (each.astimezone(zone).date() for each in (at, noted[-1]))
    # A day more shows that the silence began.
    trimmed = min(today, latest + ONE_DAY)
    last = today if (today - first).days < most else trimmed
    days = [each.astimezone(zone).date() for each in starts]
    treated = tuple(sorted({day for day in days if first <= day <= last}))
    size = -(-((last - first).days + 1) // most)
    return Axis(first, last, size, zone, treated, silent=last < today)


def columns(sign: Sign, axis: Axis) -> list[Column]:
    """Return what was noted of a sign, column by column."""
    found = [Column()] * axis.columns
    for each in sign.record.entries:
        index = axis.column(each.at)
        if 0 <= index < len(found):
            known = found[index]
            scores = [score for score in (known.peak, each.score) if score is not None]
            found[index] = Column(
                noted=True,
                present=known.present or each.present,
                peak=max(scores, default=None),
                beyond=known.beyond or (each.present and not sign.expected_at(each.at)),
            )
    return found
