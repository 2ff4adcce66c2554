"""The view of the course: sessions done, the next one, maintenance, results by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.course import Due, best_grade
from mesocare.render.page import Page
from mesocare.render.questions import footer
from mesocare.render.words import date_words, treated_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.course import Plan
    from mesocare.render.scene import Scene

COLUMN = 14
DUE = {
    Due.TOO_EARLY: ("too early yet", "bold yellow"),
    Due.NOW: ("about now", "bold green"),
    Due.OVERDUE: ("later than usual", "bold yellow"),
}


def course_text(plans: Sequence[Plan], scene: Scene) -> str:
    """Return the course of every type that was treated."""
    page = Page(no_color=scene.no_color)
    for plan in plans:
        page.gap()
        label = scene.rules.types[plan.type].label
        page.line((f"{label} course", "bold"))
        low, high = plan.course.sessions
        _row(page, "Sessions", f"{plan.done} known; {low} to {high} are usual")
        _row(page, "Last", treated_words(plan.last))
        first, last = (date_words(each, scene.zone) for each in (plan.next_from, plan.next_until))
        page.row([("Next", "bold")], COLUMN, DUE[plan.due], f": {first} to {last}")
        _row(page, "", plan.course.spacing.text)
        first = date_words(plan.maintenance_from, scene.zone)
        _row(page, "Maintenance", f"from {first}. {plan.course.maintenance.text}")
        for result in plan.results:
            grade = best_grade(result.evidence, scene.rules)
            _row(page, "By now", f"{result.text} (grade {grade})")
        for note in plan.course.notes:
            _row(page, "Note", note.text)
    footer(page, scene)
    return page.text()


def _row(page: Page, label: str, text: str) -> None:
    page.row([(label, "bold")], COLUMN, text)
