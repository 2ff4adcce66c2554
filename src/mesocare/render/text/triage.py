"""The view of a diary's meaning: the worst first, and never that all is well."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mesocare.core.signs import Urgency
from mesocare.render.phrasing import clinic_contact
from mesocare.render.text.page import URGENCY_STYLES, Page

if TYPE_CHECKING:
    from mesocare.core.diary.triage import Triage
    from mesocare.core.question import Question

NOTHING_REPORTED = "The diary is empty. To be asked what matters now, type: mesocare check-in"


def triage_text(triage: Triage, question: Question, *, empty: bool = False) -> str:
    """Return the findings by urgency, and what is worth asking.

    `empty` says that there is no entry in the diary, so that nothing has been judged.
    """
    page = Page(no_color=question.no_color)
    draw(page, triage, question)
    if not triage.findings:
        page.line(question.rules.triage.unremarkable.text)
    if empty:
        page.line(NOTHING_REPORTED)
    # Whoever has to call now is not kept with questions.
    if triage.missing and triage.urgency is not Urgency.EMERGENCY:
        page.gap()
        page.line(("Worth answering", "bold"))
        for asked in triage.missing:
            page.line(f"{page.signs.bullet} {asked.text}", indent=1, hang=2)
    page.gap()
    page.line((question.rules.notice, "dim"))
    return page.text()


def lead(page: Page, meaning: Triage | None, question: Question) -> None:
    """Open a page with what the clinic has to see first, if there is anything."""
    if meaning is not None and meaning.open:
        draw(page, meaning._replace(findings=meaning.open), question)
        page.gap()


def draw(page: Page, triage: Triage, question: Question) -> None:
    """Add the findings to a page, worst first."""
    clinic = clinic_contact(question)
    for urgency, findings in groupby(triage.findings, key=lambda each: each.urgency):
        page.line((f"{question.rules.contacts[urgency.value]}:", URGENCY_STYLES[urgency]), hang=2)
        if clinic and urgency is not Urgency.EMERGENCY:
            page.line(("Your clinic: ", "bold"), clinic, indent=1, hang=2)
            clinic = ""  # once is enough
        for each in findings:
            page.line(f"{page.signs.bullet} {each.text}", indent=1, hang=2)
