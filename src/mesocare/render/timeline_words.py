"""What a timeline says besides what it draws, in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.model import Verdict
from mesocare.render.phrasing import instant_words
from mesocare.text import lower_first

if TYPE_CHECKING:
    from mesocare.app.schedule import Row
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
    listed_as = next(iter(rules.groups.values())).listed_as
    severe = (Verdict.AVOID, Verdict.ASK, Verdict.LIMITED)
    return [
        *((each.value, lower_first(listed_as.get(each, each.value))) for each in severe),
        ("partly", "fine, but not all of it"),
        ("allowed", "fine"),
    ]
