"""The facts of an aftercare sheet: one recovery, and what the clinic wrote on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.aftercare.details import treated_person
from mesocare.core.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mesocare.app.schedule import Row, Schedule, Stretch
    from mesocare.app.shelf import Bottle
    from mesocare.core.model import Detail, Evidence
    from mesocare.core.signs import RedFlag, Urgency

MOST_SOURCES = 8


class Letterhead(NamedTuple):
    """What a practitioner puts on a sheet.

    Attributes:
        name: The patient's name.
        clinic: The clinic's.
        phone: Its number.
        logo: Its picture, as a `data:` address.
        letter: Whether the paper is Letter, not A4.
        large: Whether the print is large.
    """

    name: str = ""
    clinic: str = ""
    phone: str = ""
    logo: str = ""
    letter: bool = False
    large: bool = False


class Line(NamedTuple):
    """One activity on the sheet.

    Attributes:
        row: The activity.
        closed: What is not open yet; `None` where it is open by now.
        then: What follows and is not plainly allowed, in the order of time.
        opens: From when on (UTC) it is plainly allowed; `None` for never.
    """

    row: Row
    closed: Stretch | None
    then: tuple[Stretch, ...]
    opens: datetime | None


class Sheet(NamedTuple):
    """Everything that a sheet says.

    Attributes:
        schedule: The recovery.
        head: What the clinic put on it.
        lines: The groups that are restricted now or later, the headline ones first.
        fine: The groups that are not.
        flags: Every red flag that can occur, by urgency, the most urgent first.
        sources: The best of what the headline verdicts rest on.
        about: Who was treated, if that is to be told; what holds takes account of it in any case.
        products: The person's own products, if they are to be told.
    """

    schedule: Schedule
    head: Letterhead
    lines: tuple[Line, ...]
    fine: tuple[Row, ...]
    flags: tuple[tuple[Urgency, tuple[RedFlag, ...]], ...]
    sources: tuple[Evidence, ...]
    about: tuple[Detail, ...] = ()
    products: tuple[Bottle, ...] = ()


def sheet(
    known: Schedule,
    head: Letterhead,
    *,
    with_about: bool = False,
    products: Sequence[Bottle] = (),
) -> Sheet:
    """Return the facts of a sheet, as it stands at the instant of the question."""
    at = known.question.at
    lines = [_line(each, at) for each in known.groups]
    return Sheet(
        schedule=known,
        head=head,
        lines=tuple(each for each in lines if each.closed or each.then),
        fine=tuple(each.row for each in lines if not each.closed and not each.then),
        flags=_flags(known),
        sources=_sources(known),
        about=treated_person(known.question.treatments) if with_about else (),
        products=tuple(products),
    )


def _line(row: Row, at: datetime) -> Line:
    left = [each for each in row.stretches if each.end is None or each.end > at]
    closed = left[0] if left[0].verdict.closed else None
    then = [
        each
        for each in left[1 if closed else 0 :]
        if each.verdict is not Verdict.ALLOWED or each.condition
    ]
    plain = [each.begin for each in left if each.verdict is Verdict.ALLOWED and not each.condition]
    return Line(row, closed, tuple(then), plain[0] if plain else None)


def _flags(known: Schedule) -> tuple[tuple[Urgency, tuple[RedFlag, ...]], ...]:
    rules = known.question.rules
    alerts = [each for each in known.assessment.red_flags if each.id in rules.red_flags]
    urgencies = dict.fromkeys(each.urgency for each in alerts)
    return tuple(
        (urgency, tuple(rules.red_flags[each.id] for each in alerts if each.urgency is urgency))
        for urgency in urgencies
    )


def _sources(known: Schedule) -> tuple[Evidence, ...]:
    """Return a claim of each of the best sources, best grade first."""
    headline = len(known.question.rules.headline_groups)
    cited: Iterable[Evidence] = (
        claim for group in known.groups[:headline] for claim in group.answer.evidence
    )
    by_source: dict[str, Evidence] = {}
    for each in sorted(cited, key=lambda claim: claim.source.grade):
        by_source.setdefault(each.source.id, each)
    return tuple(by_source.values())[:MOST_SOURCES]
