"""The view of the course: sessions done, the next one, maintenance, results by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.aftercare.course import Due, Stage, best_grade
from mesocare.core.timespan import day_number
from mesocare.render.phrasing import date_words, elapsed_words, instant_words, treated_words
from mesocare.render.text import triage
from mesocare.render.text.before import planned_words
from mesocare.render.text.page import AMBER, GREEN, Page
from mesocare.render.text.questions import footer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.app.before import Ahead
    from mesocare.core.aftercare.course import Plan
    from mesocare.core.diary.triage import Triage
    from mesocare.core.question import Question
    from mesocare.render.text.page import Part

COLUMN = 14
DUE = {
    Due.TOO_EARLY: ("too early yet", f"bold {AMBER}"),
    Due.NOW: ("about now", f"bold {GREEN}"),
    Due.OVERDUE: ("later than usual", f"bold {AMBER}"),
}
NOTHING_NAMED = "No source names a result for this week."


def course_text(
    plans: Sequence[Plan],
    question: Question,
    meaning: Triage | None = None,
    planned: Ahead | None = None,
    page: Page | None = None,
) -> str:
    """Return the course of every type that was treated; what the clinic has to see first leads.

    A next session that is on record stands with the course of its type.
    """
    page = page or Page(no_color=question.no_color)
    triage.lead(page, meaning, question)
    for plan in plans:
        page.gap()
        page.line((f"{question.rules.types[plan.type].label} course", "bold"))
        _sessions(page, plan, question, planned if planned and plan.type in planned.types else None)
        page.gap()
        _results(page, plan, question)
        page.gap()
        page.line(("Notes", "bold"))
        for note in plan.course.notes:
            page.line(f"{page.signs.bullet} {note.text}", indent=1, hang=2)
    page.gap()
    page.line(("Grades: A study, hospital or label; B clinic; C commercial page.", "dim"))
    footer(page, question)
    return page.text()


def _sessions(page: Page, plan: Plan, question: Question, planned: Ahead | None) -> None:
    """Show how many sessions were done, and when which one is due."""
    low, high = plan.course.sessions
    _row(page, "Sessions", f"{plan.done} known; {low} to {high} are usual")
    week = day_number(plan.last.when.earliest, question.at, plan.last.when.zone) // 7 + 1
    ago = f"({elapsed_words(plan.last, question.at)}; week {week})"
    _row(page, "Last", f"{treated_words(plan.last)} {ago}")
    if planned is not None:
        early = planned.appointment.latest < plan.next_from
        soon = " It is sooner than usual; ask your clinic." if early else ""
        _row(page, "Planned", f"{planned_words(planned)}.{soon}")
    if plan.due is Due.HELD:
        _row(page, "Next", question.rules.triage.open.next_session)
        return
    maintenance, own = plan.course.maintenance, plan.course.spacing
    next_span = (plan.next_from, plan.next_until)
    later_span = (plan.maintenance_from, plan.maintenance_until)
    if plan.stage is Stage.COMPLETE:
        _row(page, "Next", "no further session of the course is usual")
    else:
        page.row([("Next", "bold")], COLUMN, *_due(plan.due, next_span, question))
        if planned is None:
            page.line(("Before it: mesocare before --on WHEN", "dim"), indent=_indent(page))
        if plan.stage is Stage.MAY_END:
            page.line("If your clinic goes on; the course may also end here.", indent=_indent(page))
        _quiet(page, f"{own.text} {_grade(own.evidence, question)}")
    if plan.stage is Stage.BEGUN:
        opens = date_words(plan.maintenance_from, question.zone)
        _row(page, "Maintenance", f"after the course, from {opens} at the earliest")
    else:
        words = _due(plan.maintenance_due, later_span, question)
        page.row([("Maintenance", "bold")], COLUMN, *words)
    _quiet(page, f"{maintenance.text} {_grade(maintenance.evidence, question)}")


def _due(due: Due, span: tuple[datetime, datetime], question: Question) -> tuple[Part, str]:
    """Return where a session stands; what is too early names the minute, not to be rounded down."""
    opens, closes = (date_words(each, question.zone) for each in span)
    begins = instant_words(span[0], question.zone)
    words = {
        Due.TOO_EARLY: f", not before {begins}; usual until {closes}",
        Due.NOW: f": {opens} to {closes}",
        Due.OVERDUE: f": {opens} to {closes} was usual; ask your clinic how to go on",
    }[due]
    return DUE[due], words


def _results(page: Page, plan: Plan, question: Question) -> None:
    """Show what may be expected in this week, and what comes next, with what it rests on."""
    if not plan.results:
        _row(page, "By now", NOTHING_NAMED)
    for n, result in enumerate(plan.results):
        _row(page, "" if n else "By now", f"{result.text} {_grade(result.evidence, question)}")
        _quiet(page, f"Sources: {_sources(result.evidence, question)}")
    if plan.ahead is not None:
        opens = date_words(plan.ahead.opens, question.zone)
        grade = _grade(plan.ahead.evidence, question)
        _row(page, "Ahead", f"from {opens}: {plan.ahead.text} {grade}")
        _quiet(page, f"Sources: {_sources(plan.ahead.evidence, question)}")


def _grade(evidence: Sequence[str], question: Question) -> str:
    return f"(grade {best_grade(evidence, question.rules)})"


def _sources(evidence: Sequence[str], question: Question) -> str:
    """Return who says so, each with its grade and the ids of its claims."""
    ids: dict[str, list[str]] = {}
    for id_ in evidence:
        row = question.rules.evidence[id_]
        ids.setdefault(f"{row.source.publisher} [{row.grade}]", []).append(id_)
    return "; ".join(f"{name} {', '.join(own)}" for name, own in ids.items())


def _indent(page: Page) -> int:
    return 2 if page.narrow else COLUMN


def _row(page: Page, label: str, text: str) -> None:
    if label:
        page.row([(label, "bold")], COLUMN, text)
    else:
        page.line(text, indent=_indent(page))


def _quiet(page: Page, text: str) -> None:
    page.line((text, "dim"), indent=_indent(page))
