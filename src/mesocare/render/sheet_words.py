"""What an aftercare sheet says, in every format."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mesocare.core.aftercare import details
from mesocare.core.aftercare.course import Due, Stage
from mesocare.core.model import Verdict
from mesocare.render.phrasing import (
    date_words,
    details_words,
    instant_words,
    joined,
    treated_words,
    type_words,
)
from mesocare.text import lower_first

if TYPE_CHECKING:
    from datetime import datetime

    from mesocare.app.schedule import CareTime, Schedule
    from mesocare.app.sheet import Line, Sheet
    from mesocare.core.model import Detail, Treatment

NO_TIME = "No time was given, so every time here counts from the latest it can have been."
HELD = "The clinic has something to see first. Until then nothing more is open."


def title(sheet: Sheet) -> str:
    """Return what the sheet is called."""
    types = [
        type_words(each.type, sheet.schedule.question.rules)
        for each in sheet.schedule.question.treatments
    ]
    return f"After {joined(list(dict.fromkeys(types)))}"


def treated(sheet: Sheet) -> list[str]:
    """Return each treatment and when it was."""
    question = sheet.schedule.question
    return [
        f"{type_words(each.type, question.rules)}{details_words(injected(each))}, "
        f"{treated_words(each)}"
        for each in question.treatments
    ]


def notes(sheet: Sheet) -> list[str]:
    """Return what holds for the sheet as a whole."""
    known = sheet.schedule
    vague = any(each.when.earliest != each.when.latest for each in known.question.treatments)
    said = [*([HELD] if known.held_by else []), *([NO_TIME] if vague else [])]
    of_injected = [each._replace(details=injected(each)) for each in known.question.treatments]
    return [*said, *(f"{detail.label}: {note.text}" for detail, note in details.notes(of_injected))]


def injected(treatment: Treatment) -> tuple[Detail, ...]:
    """Return what was injected; who was treated is private, and stands on no sheet."""
    return tuple(each for each in treatment.details if each.kind == "with")


def leave_words(line: Line, sheet: Sheet) -> str:
    """Return before when an activity is not open; empty where it is, in some way."""
    closed, opens = line.closed, line.row.answer.limited_from
    if closed is None:
        return ""
    if opens is None or closed.verdict is Verdict.ASK:
        return "ask first"
    return _instant(opens, sheet.schedule)


def free_words(line: Line, sheet: Sheet) -> str:
    """Return from when on an activity has no limit, or one that has no end for a part of it."""
    if line.opens is not None:
        return _instant(line.opens, sheet.schedule)
    partly = line.row.answer.allowed_from
    return "ask first" if partly is None else f"{_instant(partly, sheet.schedule)}, in part"


def between_words(line: Line, sheet: Sheet) -> list[str]:
    """Return what holds in between: conditions, and until when each does."""
    said: dict[str, str] = {}
    for each in line.then:
        words = each.condition or _listed_as(sheet, each.verdict)
        end = "" if each.end is None else _instant(each.end, sheet.schedule)
        said[words] = end  # the last end of what is said twice
    return [f"Until {end}: {words}" if end else words for words, end in said.items()]


def _listed_as(sheet: Sheet, verdict: Verdict) -> str:
    groups = sheet.schedule.question.rules.groups.values()
    return f"{next(iter(groups)).listed_as.get(verdict, verdict.value)}."


def care_words(care: CareTime, sheet: Sheet) -> str:
    """Return from when until when a care instruction holds."""
    known = sheet.schedule
    parts = []
    if care.begin > known.question.at:
        parts.append(f"from {_instant(care.begin, known)}")
    if care.end is not None:
        parts.append(f"until {date_words(care.end, known.question.zone, known.question.at)}")
    return ", ".join(parts)


def normal_words(sheet: Sheet) -> list[tuple[str, str, datetime]]:
    """Return what is normal up to one day: the signs, the last day, and when (UTC) it is over."""
    known = sheet.schedule
    zone, at = known.question.zone, known.question.at
    ends: dict[str, tuple[datetime, list[str]]] = {}
    for each in known.expected:  # the first of a day to end comes first
        if each.end > at:
            day = date_words(each.end - timedelta(days=1), zone, at)
            ends.setdefault(day, (each.end, []))[1].append(lower_first(each.label))
    return [(", ".join(labels), day, end) for day, (end, labels) in ends.items()]


def session_words(sheet: Sheet) -> list[str]:
    """Return when the next session of each course is usual."""
    known = sheet.schedule
    question = known.question
    if known.held_by:
        return [question.rules.triage.open.next_session]
    said = []
    for each in known.plans:
        if each.due is Due.HELD or each.stage is Stage.COMPLETE:
            continue
        first, last = (
            date_words(at, question.zone, question.at) for at in (each.next_from, each.next_until)
        )
        said.append(f"Usually between {first} and {last}. {each.course.spacing.text}")
    return said


def code_words(sheet: Sheet) -> str:
    """Return what the code to be scanned says: the headline dates, and whom to call."""
    known = sheet.schedule
    rules = known.question.rules
    headline = len(rules.headline_groups)
    lines = [f"{title(sheet)}: {joined(treated(sheet))}"]
    for group in known.groups[:headline]:
        answer = group.answer
        opens = answer.limited_from if answer.verdict.closed else answer.allowed_from
        words = "ask" if opens is None else f"from {_instant(opens, known)}"
        if answer.verdict is Verdict.ALLOWED:
            words = "fine"
        lines.append(f"{answer.label}: {words}")
    lines.append(rules.contacts_in_short["emergency"])
    lines += [", ".join(filter(None, (sheet.head.clinic, sheet.head.phone)))]
    return "\n".join(filter(None, lines))


def _instant(at: datetime, known: Schedule) -> str:
    return instant_words(at, known.question.zone, known.question.at)
