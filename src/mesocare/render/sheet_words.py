"""What an aftercare sheet says, in every format."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mesocare.core.aftercare import details
from mesocare.core.aftercare.course import Due, Stage
from mesocare.core.model import Verdict
from mesocare.render.phrasing import (
    date_words,
    instant_words,
    joined,
    listed_as,
    session_words,
    type_words,
)
from mesocare.render.timeline_words import expected_by_day
from mesocare.text import lower_first

if TYPE_CHECKING:
    from datetime import datetime

    from mesocare.app.schedule import CareTime, Schedule
    from mesocare.app.sheet import Line, Sheet

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
    return [session_words(each, question.rules) for each in question.treatments]


def notes(sheet: Sheet) -> list[str]:
    """Return what holds for the sheet as a whole."""
    known = sheet.schedule
    vague = any(each.when.earliest != each.when.latest for each in known.question.treatments)
    said = [*([HELD] if known.held_by else []), *([NO_TIME] if vague else [])]
    # Who was treated is private, and stands on a sheet only if somebody asked for it.
    told = [
        (detail, note)
        for detail, note in details.notes(known.question.treatments)
        if detail.kind == "with" or detail in sheet.about
    ]
    bare = [lower_first(each.label) for each in sheet.about if each.note is None]
    if bare:
        said.append(f"About: {joined(bare)}.")
    return [*said, *(f"{detail.label}: {note.text}" for detail, note in told)]


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
    """Return what holds in between: conditions, and until when each does, or that it stays so."""
    said: dict[str, str] = {}
    for each in line.then:
        words = each.condition or f"{listed_as(each.verdict, sheet.schedule.question.rules)}."
        end = "" if each.end is None else _instant(each.end, sheet.schedule)
        said[words] = end  # the last end of what is said twice
    return [
        f"Until {end}: {words}" if end else f"After that: {words}" if number else words
        for number, (words, end) in enumerate(said.items())
    ]


def product_words(sheet: Sheet) -> list[tuple[str, str]]:
    """Return each of the person's own products, and from when on it may be used."""
    said = []
    for each in sheet.products:
        opens = (
            "ask first"
            if each.opens is None
            else f"not before {_instant(each.opens, sheet.schedule)}"
        )
        care = each.answer is not None and each.answer.verdict is not Verdict.ALLOWED
        words = opens if each.closed else "with care" if care else "fine"
        said.append((each.stored.name, words))
    return said


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
    return [
        (signs, date_words(end - timedelta(days=1), zone, at), end)
        for end, signs in expected_by_day(known)
        if end > at
    ]


def next_session_words(sheet: Sheet) -> list[str]:
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
