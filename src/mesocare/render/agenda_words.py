"""What the events of a recovery are called, in every format."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mesocare.core.model import Verdict
from mesocare.render.phrasing import joined, session_words
from mesocare.text import lower_first, printable

if TYPE_CHECKING:
    from mesocare.app.agenda import Event, Opening
    from mesocare.app.schedule import Schedule
    from mesocare.core.question import Question

NAMES = 2
_TITLES = {
    "recovery": "Recovery",
    "check-in": "Check-in: how is your skin?",
    "next": "Next session: the usual time",
    "session": "Appointment",
}
_OPEN = {Verdict.ALLOWED: "Fine again", Verdict.LIMITED: "With care"}


def title(event: Event, question: Question) -> str:
    """Return what an event is called; of what opens, only the headline activities by name."""
    if event.kind == "opens":
        parts = [
            f"{_OPEN[verdict]}: {_named(list(openings), question)}"
            for verdict, openings in groupby(event.openings, key=lambda each: each.verdict)
        ]
        return "; ".join(parts)
    if event.kind == "care":
        return question.rules.care[event.subject].label
    if event.kind == "product":
        return f"May come back: {printable(event.subject)}"
    if event.kind == "lumps":
        return f"Look: {lower_first(question.rules.red_flags[event.subject].label)}?"
    return _TITLES[event.kind]


def _named(openings: list[Opening], question: Question) -> str:
    headline = question.rules.headline_groups
    labels = [lower_first(each.answer.label) for each in openings if each.answer.group in headline]
    first = labels[:NAMES]
    more = len(openings) - len(first)
    if not first:
        return f"{more} {'activity' if more == 1 else 'activities'}"
    return joined([*first, *([f"{more} more"] if more else [])])


def details(event: Event, schedule: Schedule, *, detail: bool) -> list[str]:
    """Return what stands below the title, line by line.

    Args:
        event: The event.
        schedule: The recovery it belongs to.
        detail: Whether to say what was done, the conditions and the reasons.
    """
    question = schedule.question
    rules = question.rules
    lines = _commands(event) if not detail else _said(event, schedule)
    if detail:
        lines += [f"After {session_words(each, rules)}." for each in question.treatments]
        identity = rules.identity
        lines.append(f"Rules: {identity.name} {identity.version}, reviewed {identity.reviewed}.")
    return [*lines, rules.notice]


def _commands(event: Event) -> list[str]:
    commands = {
        "check-in": "check-in", "lumps": "feel lump", "next": "course", "product": "products",
    }  # fmt: skip
    command = commands.get(event.kind)
    return [f"More: mesocare {command or 'today --all'}"]


def _said(event: Event, schedule: Schedule) -> list[str]:
    rules, assessment = schedule.question.rules, schedule.assessment
    match event.kind:
        case "opens":
            return [_opening(each) for each in event.openings]
        case "care":
            windows = rules.care[event.subject].windows
            texts = [
                windows[each.type].text
                for each in schedule.question.treatments
                if each.type in windows
            ]
            return list(dict.fromkeys(texts))
        case "check-in":
            return [f"{each.label}: {each.text}" for each in assessment.normal]
        case "lumps":
            flag = rules.red_flags[event.subject]
            return [flag.text, f"{rules.contacts[flag.urgency.value]}."]
        case "next":
            return [rules.course[event.subject].spacing.text]
        case _:
            return []


def _opening(opening: Opening) -> str:
    words = f"{_OPEN[opening.verdict]}: {lower_first(opening.answer.label)}."
    return f"{words} {opening.condition}" if opening.condition else words
