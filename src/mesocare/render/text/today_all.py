"""The long form of the day's view: every activity, care instruction, sign and coming change."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mesocare.core.signs import Urgency
from mesocare.render.phrasing import changes_words, date_words, instant_words, protocol_words
from mesocare.render.text.page import URGENCY_STYLES, Page, Part
from mesocare.render.text.questions import until_words

if TYPE_CHECKING:
    from mesocare.core.aftercare.advice import Advice
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Assessment

COLUMN = 28
# Beside the longest label there is room for an instant on 80 columns.
ITEM_COLUMN = 54


def draw(page: Page, assessment: Assessment, question: Question) -> None:
    """Add everything the assessment holds to the page."""
    groups(page, assessment, question)
    _upcoming(page, assessment, question)
    _advice(page, "Care", assessment.care, question)
    _advice(page, "Results to expect now", assessment.results, question)
    _advice(page, "Normal now, if mild", assessment.normal, question)
    for urgency in reversed(Urgency):
        page.gap()
        page.line((question.rules.contacts[urgency.value], URGENCY_STYLES[urgency]))
        for alert in (each for each in assessment.red_flags if each.urgency is urgency):
            action = f" {alert.action}" if alert.action else ""
            page.line(f"{page.signs.bullet} {alert.text}{action}", indent=1, hang=2)


def groups(page: Page, assessment: Assessment, question: Question) -> None:
    """Add every item of every group: its verdict, until when, and how."""
    for group in assessment.answers:
        page.gap()
        page.line((group.label, "bold underline"))
        for item in group.items:
            head: list[Part] = [page.verdict(item.verdict, 11), item.label]
            page.row(head, ITEM_COLUMN, until_words(item, question, short=True))
            if item.condition:
                page.line((item.condition, "dim"), indent=2 if page.narrow else 11)
            if item.by_clinic:
                page.line((item.reason, "dim"), indent=2 if page.narrow else 11)
            if item.protocol is not None:
                words = protocol_words(item.protocol)
                page.line((words, "dim"), indent=2 if page.narrow else 11)


def _upcoming(page: Page, assessment: Assessment, question: Question) -> None:
    if assessment.upcoming:
        page.gap()
        page.line(("What changes when", "bold underline"))
    for at, changes in groupby(assessment.upcoming, key=lambda change: change.at):
        page.row(
            [instant_words(at, question.zone, question.at)], COLUMN, changes_words(list(changes))
        )


def _advice(page: Page, title: str, advice: tuple[Advice, ...], question: Question) -> None:
    if not advice:
        return
    page.gap()
    page.line((title, "bold underline"))
    for each in advice:
        until = (
            ""
            if each.until is None
            else f" (until {date_words(each.until, question.zone, question.at)})"
        )
        page.row([(each.label, "bold")], COLUMN, f"{each.text}{until}")
