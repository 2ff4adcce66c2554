"""What a timeline says besides what it draws, in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.model import Verdict
from mesocare.render.phrasing import date_words, instant_words, listed_as
from mesocare.text import lower_first

if TYPE_CHECKING:
    from datetime import datetime

    from mesocare.app.schedule import Row, Schedule
    from mesocare.core.model import RuleSet
    from mesocare.core.question import Question


def open_words(row: Row, question: Question) -> str:
    """Return from when an activity is open: `from Fri 27 Nov, 10:00`."""
    answer, at, zone = row.answer, question.at, question.zone
    if answer.verdict is Verdict.ALLOWED:
        return "fine, in part" if answer.condition else "fine"
    if answer.allowed_from is not None:
        return f"from {instant_words(answer.allowed_from, zone, at)}"
    if answer.limited_from is None or answer.limited_from <= at:
        return "ask your practitioner"
    return f"care {instant_words(answer.limited_from, zone, at)}"


def legend(rules: RuleSet) -> list[tuple[str, str]]:
    """Return how stretches are drawn, and what that means in the rule set's own words."""
    severe = (Verdict.AVOID, Verdict.ASK, Verdict.LIMITED)
    return [
        *((each.value, lower_first(listed_as(each, rules))) for each in severe),
        ("partly", "fine, but not all of it"),
        ("allowed", "fine"),
    ]


def expected_by_day(known: Schedule) -> list[tuple[datetime, str]]:
    """Return the reactions that are expected up to the same day, and when (UTC) it is over.

    Of several ends on one day the first, so that nothing is called normal for too long.
    """
    zone = known.question.zone
    ends: dict[str, tuple[datetime, list[str]]] = {}
    for each in known.expected:  # the first to end comes first
        labels = ends.setdefault(date_words(each.end, zone), (each.end, []))[1]
        labels.append(lower_first(each.label))
    return [(end, ", ".join(labels)) for end, labels in ends.values()]
